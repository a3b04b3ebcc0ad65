/*
 * V8's heap. Node-API has no word for it, so this calls two of V8's own functions, which every Node exports under these names
 * (C++'s, as GCC and Clang write them): who they are and what they take is in the name. Where one is missing, nothing is done: of a weak symbol that
 * nobody defines the loader makes NULL.
 */
#include "functions.h"
#include "value.h"

typedef struct isolate isolate; /* v8::Isolate */

__attribute__((weak)) isolate *current_isolate(void) __asm__("_ZN2v87Isolate10GetCurrentEv");
__attribute__((weak)) void notify_low_memory(isolate *of) __asm__("_ZN2v87Isolate21LowMemoryNotificationEv");

/** shrinkHeap(): V8 collects all that it can and gives free pages back; whether it was asked. */
napi_value shrink_heap(napi_env env, napi_callback_info info) {
  (void)info;
  isolate *const current = current_isolate == NULL || notify_low_memory == NULL ? NULL : current_isolate();
  if (current != NULL) notify_low_memory(current);
  return bool_value(env, current != NULL);
}
