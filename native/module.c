/*
 * eggcup's native part: what an init needs of the kernel and Node doesn't give. Built by scripts/build-native.mjs, loaded by
 * src/native/addon.ts. No C library is needed, no state but what a function's own comment names, one instance per process.
 */
#include "functions.h"

#define EXPORTED __attribute__((visibility("default")))

#define DESCRIBE(js_name, function)                                                                                \
  {.utf8name = js_name, .method = function, .attributes = napi_enumerable},

EXPORTED int32_t node_api_module_get_api_version_v1(void) { return 8; }

EXPORTED napi_value napi_register_module_v1(napi_env env, napi_value exports) {
  const napi_property_descriptor functions[] = {FUNCTIONS(DESCRIBE)};
  napi_define_properties(env, exports, sizeof(functions) / sizeof(functions[0]), functions);
  napi_value sources;
  napi_create_string_utf8(env, SOURCES_SHA256, NAPI_AUTO_LENGTH, &sources);
  napi_set_named_property(env, exports, "sources", sources);
  return exports;
}
