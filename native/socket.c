/* Connections that the master has accepted and a worker is to read. */
#include "functions.h"
#include "value.h"
#include <asm/poll.h>
#include <linux/time_types.h>

enum { LOOK_ONLY = 0x02 /* MSG_PEEK */, AT_ONCE = 0x40 /* MSG_DONTWAIT */ };

/**
 * peekSocket(fd, buffer): copies what has arrived on a socket, as far as it fits, and leaves it there. How many bytes: 0
 * when the other side has ended; or a negative errno (-EAGAIN: nothing has arrived).
 */
napi_value peek_socket(napi_env env, napi_callback_info info) {
  const struct arguments given = arguments_of(env, info);
  char *buffer = NULL;
  size_t length = 0;
  napi_get_buffer_info(env, given.at[1], (void **)&buffer, &length);
  /* The sixth argument, where the sender's address would go, is what kernel() always gives: nowhere. */
  const long bytes =
      kernel(__NR_recvfrom, int_of(env, given.at[0]), (long)buffer, (long)length, LOOK_ONLY | AT_ONCE, 0);
  return int_value(env, bytes);
}

/** hasPeerEnded(fd): whether nothing more will come, though what has come may not be read yet. */
napi_value has_peer_ended(napi_env env, napi_callback_info info) {
  const struct arguments given = arguments_of(env, info);
  struct pollfd look = {.fd = int_of(env, given.at[0]), .events = POLLRDHUP};
  struct __kernel_timespec at_once = {0};
  return bool_value(env, kernel(__NR_ppoll, (long)&look, 1, (long)&at_once, 0, 0) > 0);
}
