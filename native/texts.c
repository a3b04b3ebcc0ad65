/*
 * Strings whose characters stand in a file: its pages are the kernel's cache, which all processes share that map it, and take nothing of V8's
 * heap. A mapping stays as long as the process, because its strings do. Whoever writes into the file meanwhile changes them, and who
 * truncates it ends its readers with SIGBUS, as with every shared library; who replaces it (rename(2)) does neither.
 */
#include "functions.h"
#include "value.h"

enum { READ_ONLY = 1 /* PROT_READ */, PRIVATE = 2 /* MAP_PRIVATE */ };
enum { FORGET = 4 /* MADV_DONTNEED */, NO_HUGE_PAGES = 15 /* MADV_NOHUGEPAGE */ };

/* Node-API 10; each Node.js that eggcup runs on exports them. */
NAPI_EXTERN napi_status node_api_create_external_string_latin1(napi_env env, char *characters, size_t length,
                                                               napi_finalize finalize, void *hint, napi_value *string,
                                                               bool *is_copy);
NAPI_EXTERN napi_status node_api_create_external_string_utf16(napi_env env, char16_t *characters, size_t length,
                                                              napi_finalize finalize, void *hint, napi_value *string,
                                                              bool *is_copy);

static char *mapping_of(napi_env env, napi_value value) {
  void *mapping = NULL;
  napi_get_value_external(env, value, &mapping);
  return mapping;
}

/** mapFile(fd, bytes): the file's beginning, for the two below; or null. */
napi_value map_file(napi_env env, napi_callback_info info) {
  const struct arguments given = arguments_of(env, info);
  const int bytes = int_of(env, given.at[1]);
  /* The sixth argument, an offset of 0, is what kernel() always gives. */
  const long address = kernel(__NR_mmap, 0, bytes, READ_ONLY, PRIVATE, int_of(env, given.at[0]));
  napi_value mapping = NULL;
  if (is_error(address)) {
    napi_get_null(env, &mapping);
    return mapping;
  }
  /* Or one function that is read brings 2 MB. A kernel that knows none refuses; it brings none either. */
  kernel(__NR_madvise, address, bytes, NO_HUGE_PAGES, 0, 0);
  napi_create_external(env, (void *)address, NULL, NULL, &mapping);
  return mapping;
}

/** textAt(mapping, offset, characters, isTwoByte): a string of Latin-1, or of UTF-16 at an even offset. The caller knows where the file ends. */
napi_value text_at(napi_env env, napi_callback_info info) {
  const struct arguments given = arguments_of(env, info);
  char *at = mapping_of(env, given.at[0]) + int_of(env, given.at[1]);
  const size_t length = (size_t)int_of(env, given.at[2]);
  napi_value text = NULL;
  bool is_copy = false;
  if (bool_of(env, given.at[3]))
    node_api_create_external_string_utf16(env, (char16_t *)at, length, NULL, NULL, &text, &is_copy);
  else
    node_api_create_external_string_latin1(env, at, length, NULL, NULL, &text, &is_copy);
  return text;
}

/** forgetPages(mapping, bytes): this process has none of them in its memory, until it reads there again. */
napi_value forget_pages(napi_env env, napi_callback_info info) {
  const struct arguments given = arguments_of(env, info);
  const long address = (long)mapping_of(env, given.at[0]);
  return int_value(env, kernel(__NR_madvise, address, int_of(env, given.at[1]), FORGET, 0, 0));
}
