/*
 * Strings whose characters stand outside of V8's heap. In a file: its pages are the kernel's cache, which all processes share that map it. A
 * mapping stays as long as the process, because its strings do. Whoever writes into the file meanwhile changes them, and who
 * truncates it ends its readers with SIGBUS, as with every shared library; who replaces it (rename(2)) does neither. Or in memory
 * of their own, which nobody changes any more.
 */
#include "functions.h"
#include "value.h"

enum { READ_ONLY = 1 /* PROT_READ */, PRIVATE = 2 /* MAP_PRIVATE */ };
enum { FORGET = 4 /* MADV_DONTNEED */, NO_HUGE_PAGES = 15 /* MADV_NOHUGEPAGE */ };
enum { POPULATE = 23 /* MADV_POPULATE_WRITE */ };

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

/**
 * All pages at once, for who is about to write to each: a fault for each takes several times as long. Linux 5.14 or later; an
 * older one refuses, and nothing is lost.
 */
static void populate(void *address, size_t bytes) {
  kernel(__NR_madvise, (long)address, (long)bytes, POPULATE, 0, 0);
}

/** populate(buffer): the pages of an ArrayBuffer that begins with one. */
napi_value populate_buffer(napi_env env, napi_callback_info info) {
  const struct arguments given = arguments_of(env, info);
  void *address = NULL;
  size_t bytes = 0;
  napi_get_arraybuffer_info(env, given.at[0], &address, &bytes);
  if (address != NULL) populate(address, bytes);
  return NULL;
}

/** Whether all of it could be read. */
static bool read_whole(int fd, char *into, long bytes, long offset) {
  for (long done = 0; done < bytes;) {
    const long result = kernel(__NR_pread64, fd, (long)into + done, bytes - done, offset + done, 0);
    if (result == -EINTR) continue;
    if (result <= 0) return false;
    done += result;
  }
  return true;
}

/** readText(fd, offset, bytes): a part of a file as a string of Latin-1, in memory that stays; null where there is no such part. */
napi_value read_text(napi_env env, napi_callback_info info) {
  const struct arguments given = arguments_of(env, info);
  const int bytes = int_of(env, given.at[2]);
  napi_value text = NULL;
  bool is_copy = false;
  char *characters = map((size_t)bytes);
  if (characters != NULL) populate(characters, (size_t)bytes);
  if (characters != NULL && read_whole(int_of(env, given.at[0]), characters, bytes, int_of(env, given.at[1])))
    node_api_create_external_string_latin1(env, characters, (size_t)bytes, NULL, NULL, &text, &is_copy);
  if (characters != NULL && (text == NULL || is_copy)) unmap(characters, (size_t)bytes);
  if (text == NULL) napi_get_null(env, &text);
  return text;
}
