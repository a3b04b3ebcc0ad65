/*
 * Things that must happen although the event loop hangs: timers of the kernel, whose handlers run in the middle of
 * whatever the thread is doing and call nothing but the kernel.
 */
#include <linux/prctl.h>
#include <linux/time.h>
#include "functions.h"
#include "value.h"

/* Real-time signals that nobody else is known to use; Node itself can send and hear none. */
enum { DEAD_MAN = 61, PARENT_DIED = 60 };
enum { MAX_PATH = 4096 };

static int start_timer(int timer, int milliseconds) {
  const struct __kernel_itimerspec once = {
      .it_value = {.tv_sec = milliseconds / 1000, .tv_nsec = (milliseconds % 1000) * 1000000LL},
  };
  return (int)kernel(__NR_timer_settime, timer, 0, (long)&once, 0, 0);
}

/** A timer that sends `signal` to this process; a negative errno when there can be none. */
static int create_timer(int signal) {
  sigevent_t event = {.sigev_signo = signal, .sigev_notify = SIGEV_SIGNAL};
  int timer = 0;
  const long failed = kernel(__NR_timer_create, CLOCK_MONOTONIC, (long)&event, (long)&timer, 0, 0);
  return failed < 0 ? (int)failed : timer;
}

static char live_file[MAX_PATH];
static int dead_man_timer = -1;
static int dead_man_milliseconds;

static void remove_live_file(int signal, siginfo_t *info, void *context) {
  (void)signal, (void)context;
  if (info->si_code != SI_TIMER) return; /* Somebody tries out signals. */
  kernel(__NR_unlinkat, -100 /* AT_FDCWD */, (long)live_file, 0, 0, 0);
}

/**
 * armDeadMan(file, milliseconds): removes the file unless beat() is called again and again within the time. `file` is
 * a Buffer with a final NUL. 0 or a negative errno.
 */
napi_value arm_dead_man(napi_env env, napi_callback_info info) {
  const struct arguments given = arguments_of(env, info);
  char *file = NULL;
  size_t length = 0;
  napi_get_buffer_info(env, given.at[0], (void **)&file, &length);
  if (length > MAX_PATH) return int_value(env, -ENAMETOOLONG);
  for (size_t index = 0; index < length; index += 1) live_file[index] = file[index];
  dead_man_milliseconds = int_of(env, given.at[1]);
  const struct disposition ours = handled_by(remove_live_file);
  const long failed = set_disposition(DEAD_MAN, &ours, NULL);
  if (failed < 0) return int_value(env, failed);
  dead_man_timer = create_timer(DEAD_MAN);
  return int_value(env, dead_man_timer < 0 ? dead_man_timer : start_timer(dead_man_timer, dead_man_milliseconds));
}

/** beat(): the whole time again. */
napi_value beat(napi_env env, napi_callback_info info) {
  (void)info;
  return int_value(env, start_timer(dead_man_timer, dead_man_milliseconds));
}

/** disarmDeadMan() */
napi_value disarm_dead_man(napi_env env, napi_callback_info info) {
  (void)info;
  const long failed = kernel(__NR_timer_delete, dead_man_timer, 0, 0, 0, 0);
  dead_man_timer = -1;
  return int_value(env, failed);
}

static int last_timer = -1;
static int last_milliseconds;

static void limit_what_is_left(int signal, siginfo_t *info, void *context) {
  (void)signal, (void)info, (void)context;
  start_timer(last_timer, last_milliseconds);
}

/**
 * endAfterParent(milliseconds): this process is killed so long after its parent has died, whatever it is doing then. The
 * time is for an end in good order. 0 or a negative errno.
 */
napi_value end_after_parent(napi_env env, napi_callback_info info) {
  const struct arguments given = arguments_of(env, info);
  last_milliseconds = int_of(env, given.at[0]);
  if (last_timer < 0) last_timer = create_timer(SIGKILL);
  if (last_timer < 0) return int_value(env, last_timer);
  const struct disposition ours = handled_by(limit_what_is_left);
  const long failed = set_disposition(PARENT_DIED, &ours, NULL);
  if (failed < 0) return int_value(env, failed);
  return int_value(env, kernel(__NR_prctl, PR_SET_PDEATHSIG, PARENT_DIED, 0, 0, 0));
}

/** signalOnParentDeath(signal): tini's -p. 0 or a negative errno. */
napi_value signal_on_parent_death(napi_env env, napi_callback_info info) {
  const struct arguments given = arguments_of(env, info);
  return int_value(env, kernel(__NR_prctl, PR_SET_PDEATHSIG, int_of(env, given.at[0]), 0, 0, 0));
}

/** becomeSubreaper(): orphans below this process become its children. 0 or a negative errno. */
napi_value become_subreaper(napi_env env, napi_callback_info info) {
  (void)info;
  return int_value(env, kernel(__NR_prctl, PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0));
}

/** isSubreaper() */
napi_value is_subreaper(napi_env env, napi_callback_info info) {
  (void)info;
  int answer = 0;
  kernel(__NR_prctl, PR_GET_CHILD_SUBREAPER, (long)&answer, 0, 0, 0);
  return bool_value(env, answer != 0);
}

/** session(pid): the session that a process belongs to (0: this process), or a negative errno. */
napi_value session(napi_env env, napi_callback_info info) {
  const struct arguments given = arguments_of(env, info);
  return int_value(env, kernel(__NR_getsid, int_of(env, given.at[0]), 0, 0, 0, 0));
}
