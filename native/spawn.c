/*
 * The child of command mode. Not libuv's spawn: it has no process group, no terminal, and its exit event reports a child
 * that a real-time signal has killed as one that exited with 0.
 */
#include "functions.h"
#include "value.h"

enum { GET_FOREGROUND = 0x540F /* TIOCGPGRP */, SET_FOREGROUND = 0x5410 /* TIOCSPGRP */ };
enum { STANDARD_INPUT = 0 };
enum { SET_DESCRIPTOR_FLAGS = 2 /* F_SETFD */ };

/** A pipe that exec(2) closes: what the child writes there is the errno of what it could not do. */
enum { READ_END = 0, WRITE_END = 1, CLOSED_BY_EXEC = 02000000 /* O_CLOEXEC */ };

/** A Buffer of strings, each with its final NUL, as the array that execve(2) wants. `room` entries stay free in front. */
struct strings {
  char **at;
  size_t count;
  size_t bytes;
};

static struct strings strings_of(napi_env env, napi_value buffer, size_t room) {
  char *text = NULL;
  size_t length = 0;
  napi_get_buffer_info(env, buffer, (void **)&text, &length);
  struct strings list = {.count = 0};
  for (size_t index = 0; index < length; index += 1) list.count += text[index] == '\0';
  list.bytes = (room + list.count + 1) * sizeof(char *);
  char **slots = map(list.bytes);
  if (slots == NULL) return list;
  list.at = slots + room;
  char *start = text;
  size_t found = 0;
  for (size_t index = 0; index < length; index += 1) {
    if (text[index] != '\0') continue;
    list.at[found++] = start;
    start = text + index + 1;
  }
  list.at[found] = NULL;
  return list;
}

/** An Int32Array. */
struct numbers {
  const int32_t *at;
  size_t count;
};

static struct numbers numbers_of(napi_env env, napi_value array) {
  struct numbers list = {.count = 0};
  napi_get_typedarray_info(env, array, NULL, &list.count, (void **)&list.at, NULL, NULL);
  return list;
}

static void forget(struct strings list, size_t room) {
  if (list.at != NULL) unmap(list.at - room, list.bytes);
}

/** Its own process group; in the foreground of the terminal if its parent was (tini takes it in any case). */
static long isolate(void) {
  int foreground = 0;
  const bool has_terminal = kernel(__NR_ioctl, STANDARD_INPUT, GET_FOREGROUND, (long)&foreground, 0, 0) == 0;
  const bool in_foreground = has_terminal && foreground == kernel(__NR_getpgid, 0, 0, 0, 0, 0);
  const long failed = kernel(__NR_setpgid, 0, 0, 0, 0, 0);
  if (failed < 0 || !in_foreground) return failed;
  const int group = (int)kernel(__NR_getpid, 0, 0, 0, 0, 0);
  return kernel(__NR_ioctl, STANDARD_INPUT, SET_FOREGROUND, (long)&group, 0, 0);
}

/** Node has marked all that it inherited to be closed at exec(2): these stay open. */
static void hand_on(struct numbers descriptors) {
  for (size_t index = 0; index < descriptors.count; index += 1) {
    kernel(__NR_fcntl, descriptors.at[index], SET_DESCRIPTOR_FLAGS, 0, 0, 0);
  }
}

/** What a program finds that was started by nobody special: Node's handlers and its ignored SIGPIPE are not inherited. */
static void reset_signals(void) {
  const struct disposition fallback = {.handler = NULL};
  for (int signal = 1; signal <= SIGNALS; signal += 1) set_disposition(signal, &fallback, NULL);
  const signal_set none = 0;
  kernel(__NR_rt_sigprocmask, SIG_SETMASK, (long)&none, 0, SIGNAL_SET_BYTES, 0);
}

/** Tries each file, as execvp(3) goes on along PATH; returns only when none could be executed. */
static long execute(struct strings files, struct strings argv, struct strings environment) {
  long refused = -ENOENT;
  for (size_t index = 0; index < files.count; index += 1) {
    char *file = files.at[index];
    long failed = kernel(__NR_execve, (long)file, (long)argv.at, (long)environment.at, 0, 0);
    if (failed == -ENOEXEC) {
      /* A text without `#!` is the shell's: the slot in front of argv is for this, and argv[0] gives way to the file. */
      char **script = argv.at - 1;
      script[0] = "/bin/sh";
      char *const name = script[1];
      script[1] = file;
      failed = kernel(__NR_execve, (long)script[0], (long)script, (long)environment.at, 0, 0);
      script[1] = name;
    }
    if (failed == -EACCES) refused = failed;
    else if (failed != -ENOENT && failed != -ENOTDIR && failed != -ESTALE && failed != -ENODEV && failed != -ETIMEDOUT)
      return failed;
  }
  return refused;
}

static long fork_and_execute(struct strings files, struct strings argv, struct strings environment,
                             struct numbers descriptors) {
  int ends[2];
  const long no_pipe = kernel(__NR_pipe2, (long)ends, CLOSED_BY_EXEC, 0, 0, 0);
  if (no_pipe < 0) return no_pipe;
  /* Until the child has its own dispositions, a signal would run Node's handler there. */
  const signal_set all = ~(signal_set)0;
  signal_set before = 0;
  kernel(__NR_rt_sigprocmask, SIG_SETMASK, (long)&all, (long)&before, SIGNAL_SET_BYTES, 0);
  const long pid = kernel(__NR_clone, SIGCHLD, 0, 0, 0, 0);
  if (pid == 0) {
    long failed = isolate();
    if (failed >= 0) {
      hand_on(descriptors);
      reset_signals();
      failed = execute(files, argv, environment);
    }
    kernel(__NR_write, ends[WRITE_END], (long)&failed, sizeof(failed), 0, 0);
    kernel(__NR_exit_group, 127, 0, 0, 0, 0);
  }
  kernel(__NR_close, ends[WRITE_END], 0, 0, 0, 0);
  long failed = 0;
  /* Until the exec, or the end. Nothing interrupts it: all signals are blocked. */
  if (pid > 0 && kernel(__NR_read, ends[READ_END], (long)&failed, sizeof(failed), 0, 0) > 0)
    kernel(__NR_wait4, pid, 0, 0, 0, 0);
  kernel(__NR_rt_sigprocmask, SIG_SETMASK, (long)&before, 0, SIGNAL_SET_BYTES, 0);
  kernel(__NR_close, ends[READ_END], 0, 0, 0, 0);
  return failed < 0 ? failed : pid;
}

/**
 * spawn(files, argv, environment, descriptors): starts a command in its own process group, with the terminal if we have it.
 * Three Buffers of strings with their final NULs, and an Int32Array of what it inherits. The child's pid, or the negative errno of what failed.
 */
napi_value spawn(napi_env env, napi_callback_info info) {
  const struct arguments given = arguments_of(env, info);
  const struct strings files = strings_of(env, given.at[0], 0);
  const struct strings argv = strings_of(env, given.at[1], 1);
  const struct strings environment = strings_of(env, given.at[2], 0);
  const struct numbers descriptors = numbers_of(env, given.at[3]);
  long pid = -ENOMEM;
  if (files.at != NULL && argv.at != NULL && environment.at != NULL)
    pid = fork_and_execute(files, argv, environment, descriptors);
  forget(environment, 0);
  forget(argv, 1);
  forget(files, 0);
  return int_value(env, pid);
}

/** foreground(): the process group in the foreground of standard input's terminal; 0 where that can't be told. */
napi_value foreground(napi_env env, napi_callback_info info) {
  (void)info;
  int group = 0;
  kernel(__NR_ioctl, STANDARD_INPUT, GET_FOREGROUND, (long)&group, 0, 0);
  return int_value(env, group);
}

/** group(): this process' own. */
napi_value group(napi_env env, napi_callback_info info) {
  (void)info;
  return int_value(env, kernel(__NR_getpgid, 0, 0, 0, 0, 0));
}

/** setForeground(group): hands the terminal to a process group; 0 or a negative errno. */
napi_value set_foreground(napi_env env, napi_callback_info info) {
  const struct arguments given = arguments_of(env, info);
  const int group = int_of(env, given.at[0]);
  return int_value(env, kernel(__NR_ioctl, STANDARD_INPUT, SET_FOREGROUND, (long)&group, 0, 0));
}
