/*
 * Adopted orphans. libuv waits for each of its own children by pid, and never learns of an end that somebody else has
 * waited for: so nobody here waits before having looked whose child it is.
 */
#include "functions.h"
#include "uv.h"
#include "value.h"

/* Flags of waitid(2) (linux/wait.h, which clashes with the C library's on some systems). */
#define WAIT_NO_HANG 0x00000001
#define WAIT_STOPPED 0x00000002
#define WAIT_EXITED 0x00000004
#define WAIT_LOOK_ONLY 0x01000000
/* Children of worker threads are those threads' affair. (A test builds without it, to see itself fail.) */
#ifndef WAIT_NO_THREAD
#define WAIT_NO_THREAD 0x20000000
#endif
enum { ANY_CHILD = 0, THIS_CHILD = 1 };

static napi_value wait_for(napi_env env, napi_callback_info info, int what) {
  const struct arguments given = arguments_of(env, info);
  const int pid = int_of(env, given.at[0]);
  siginfo_t found = {.si_pid = 0};
  const long failed = kernel(__NR_waitid, pid == 0 ? ANY_CHILD : THIS_CHILD, pid, (long)&found,
                             what | WAIT_NO_HANG | WAIT_NO_THREAD, 0);
  return int_value(env, failed == -ECHILD ? 0 : failed < 0 ? failed : found.si_pid);
}

/** peek(pid): the pid of a zombie among this thread's children, or 0; 0 as an argument asks for any. Takes nothing. */
napi_value peek(napi_env env, napi_callback_info info) { return wait_for(env, info, WAIT_EXITED | WAIT_LOOK_ONLY); }

/** hasStopped(pid): the pid when this child has stopped since the last question, else 0. */
napi_value has_stopped(napi_env env, napi_callback_info info) { return wait_for(env, info, WAIT_STOPPED); }

/** reap(pid): takes a zombie away; its wait status as wait(2) gives it, or -1 when there is none. */
napi_value reap(napi_env env, napi_callback_info info) {
  const struct arguments given = arguments_of(env, info);
  int status = 0;
  const long pid =
      kernel(__NR_wait4, int_of(env, given.at[0]), (long)&status, WAIT_NO_HANG | WAIT_NO_THREAD, 0, 0);
  return int_value(env, pid > 0 ? status : -1);
}

struct pid_list {
  napi_env env;
  napi_value list;
  uint32_t length;
};

static void add_process(uv_handle_t *handle, void *data) {
  struct pid_list *pids = data;
  if (uv_handle_get_type(handle) != UV_PROCESS) return;
  const int pid = uv_process_get_pid((uv_process_t *)handle);
  napi_set_element(pids->env, pids->list, pids->length++, int_value(pids->env, pid));
}

/** ownChildren(): the pids that libuv waits for at this instant, whoever has spawned them. */
napi_value own_children(napi_env env, napi_callback_info info) {
  (void)info;
  uv_loop_t *loop = NULL;
  struct pid_list pids = {.env = env};
  napi_create_array(env, &pids.list);
  if (napi_get_uv_event_loop(env, (struct uv_loop_s **)&loop) == napi_ok) uv_walk(loop, add_process, &pids);
  return pids.list;
}
