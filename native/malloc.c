/*
 * The C library's memory. These functions are glibc's; where there is another (musl) they are missing, and nothing is done. Of a weak
 * symbol that nobody defines the loader makes NULL.
 */
#include "functions.h"
#include "value.h"

enum { ARENA_MAX = -8 /* M_ARENA_MAX of mallopt(3) */ };

__attribute__((weak)) int malloc_trim(size_t keep);
__attribute__((weak)) int mallopt(int option, int value);

/** trimMemory(): gives all pages that hold nothing back to the kernel; whether there was one. */
napi_value trim_memory(napi_env env, napi_callback_info info) {
  (void)info;
  return bool_value(env, malloc_trim != NULL && malloc_trim(0) != 0);
}

/** limitArenas(count): threads that have not allocated anything yet share at most so many arenas; whether that could be set. */
napi_value limit_arenas(napi_env env, napi_callback_info info) {
  const struct arguments given = arguments_of(env, info);
  return bool_value(env, mallopt != NULL && mallopt(ARENA_MAX, int_of(env, given.at[0])) != 0);
}
