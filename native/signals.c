/* Signals that Node can't give: those before its listeners, real-time ones, and faults that somebody has sent. */
#include "functions.h"
#include "uv.h"
#include "value.h"

static signal_set volatile caught;
static signal_set held;
/** How they were handled before: a preloaded module may listen already, and libuv installs its handler only once. */
static struct disposition before_hold[SIGNALS + 1];

static void catch(int signal, siginfo_t *info, void *context) {
  (void)info, (void)context;
  __atomic_or_fetch(&caught, bit_of(signal), __ATOMIC_SEQ_CST);
}

/**
 * holdSignals(signals): catches them until releaseSignals. Gives those that had no handler at that instant: where Node
 * had installed one at its start, it has been used up by an early signal (Node resets it then).
 */
napi_value hold_signals(napi_env env, napi_callback_info info) {
  const struct arguments given = arguments_of(env, info);
  held = signals_of(env, given.at[0]);
  const struct disposition ours = handled_by(catch);
  signal_set unhandled = 0;
  for (int signal = 1; signal <= SIGNALS; signal += 1) {
    if (!(held & bit_of(signal)) || set_disposition(signal, &ours, &before_hold[signal]) < 0) continue;
    if (before_hold[signal].handler == NULL) unhandled |= bit_of(signal);
  }
  return signals_value(env, unhandled);
}

/** releaseSignals(): leaves them to whoever has installed a handler meanwhile, or before. Gives what has been caught. */
napi_value release_signals(napi_env env, napi_callback_info info) {
  (void)info;
  for (int signal = 1; signal <= SIGNALS; signal += 1) {
    struct disposition now = {.handler = NULL};
    if (!(held & bit_of(signal)) || set_disposition(signal, NULL, &now) < 0) continue;
    if (now.handler == catch) set_disposition(signal, &before_hold[signal], NULL);
  }
  return signals_value(env, __atomic_exchange_n(&caught, 0, __ATOMIC_SEQ_CST));
}

/** blockSignals(signals): keeps them from this thread and what it asks of the terminal; other threads still take them. */
napi_value block_signals(napi_env env, napi_callback_info info) {
  const struct arguments given = arguments_of(env, info);
  const signal_set set = signals_of(env, given.at[0]);
  return int_value(env, kernel(__NR_rt_sigprocmask, SIG_BLOCK, (long)&set, 0, SIGNAL_SET_BYTES, 0));
}

/* Who listens, and with what: one for the process. */
static napi_env listening_env;
static napi_ref listener;
static napi_async_context listening_context;

static void hear(uv_signal_t *handle, int signal) {
  (void)handle;
  napi_handle_scope scope;
  if (napi_open_handle_scope(listening_env, &scope) != napi_ok) return;
  napi_value function, receiver;
  napi_get_reference_value(listening_env, listener, &function);
  napi_get_global(listening_env, &receiver);
  const napi_value arguments[] = {int_value(listening_env, signal)};
  const napi_status status =
      napi_make_callback(listening_env, listening_context, receiver, function, 1, arguments, NULL);
  if (status == napi_pending_exception) {
    napi_value error;
    napi_get_and_clear_last_exception(listening_env, &error);
    napi_fatal_exception(listening_env, error);
  }
  napi_close_handle_scope(listening_env, scope);
}

/** Those whose handler returns to the very instruction that failed. */
#define FAULTS (bit_of(SIGILL) | bit_of(SIGBUS) | bit_of(SIGFPE) | bit_of(SIGSEGV))

/** libuv's own handlers, behind ours. */
static struct disposition behind[SIGNALS + 1];

/** A fault that somebody has sent is a signal as any other; one of this process' own ends it, as it must. */
static void tell_sent_from_own(int signal, siginfo_t *info, void *context) {
  if (info->si_code == SI_USER || info->si_code == SI_QUEUE) {
    behind[signal].handler(signal, info, context);
    return;
  }
  const struct disposition fallback = {.handler = NULL};
  set_disposition(signal, &fallback, NULL); /* The instruction is met again, without a handler. */
}

/** watchSignals(signals, listener): calls it with the number of each that arrives. Once; holds the event loop open. */
napi_value watch_signals(napi_env env, napi_callback_info info) {
  const struct arguments given = arguments_of(env, info);
  const signal_set wanted = signals_of(env, given.at[0]);
  uv_loop_t *loop = NULL;
  napi_value name;
  napi_create_string_utf8(env, "eggcup:signals", NAPI_AUTO_LENGTH, &name);
  if (napi_get_uv_event_loop(env, (struct uv_loop_s **)&loop) != napi_ok ||
      napi_async_init(env, NULL, name, &listening_context) != napi_ok ||
      napi_create_reference(env, given.at[1], 1, &listener) != napi_ok)
    return int_value(env, -EINVAL);
  listening_env = env;
  /* As long as the process: the handles are never closed. */
  char *handles = map(SIGNALS * uv_handle_size(UV_SIGNAL));
  if (handles == NULL) return int_value(env, -ENOMEM);
  for (int signal = 1; signal <= SIGNALS; signal += 1) {
    if (!(wanted & bit_of(signal))) continue;
    uv_signal_t *handle = (uv_signal_t *)(handles + (size_t)(signal - 1) * uv_handle_size(UV_SIGNAL));
    int failed = uv_signal_init(loop, handle);
    if (failed == 0) failed = uv_signal_start(handle, hear, signal);
    if (failed != 0) return int_value(env, failed);
    if (!(FAULTS & bit_of(signal))) continue;
    struct disposition ours = handled_by(tell_sent_from_own);
    set_disposition(signal, &ours, &behind[signal]);
  }
  return int_value(env, 0);
}
