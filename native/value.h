/* JavaScript's values, as far as the functions of this addon take and give them. */
#pragma once
#include <node_api.h>
#include "kernel.h"

#define MAX_ARGUMENTS 5

struct arguments {
  size_t count;
  napi_value at[MAX_ARGUMENTS];
};

static inline struct arguments arguments_of(napi_env env, napi_callback_info info) {
  struct arguments given = {.count = MAX_ARGUMENTS};
  napi_get_cb_info(env, info, &given.count, given.at, NULL, NULL);
  return given;
}

static inline int int_of(napi_env env, napi_value value) {
  int32_t number = 0;
  napi_get_value_int32(env, value, &number);
  return number;
}

static inline bool bool_of(napi_env env, napi_value value) {
  bool truth = false;
  napi_get_value_bool(env, value, &truth);
  return truth;
}

static inline napi_value int_value(napi_env env, long number) {
  napi_value value = NULL;
  napi_create_int32(env, (int32_t)number, &value);
  return value;
}

static inline napi_value bool_value(napi_env env, bool truth) {
  napi_value value = NULL;
  napi_get_boolean(env, truth, &value);
  return value;
}

/** An array of signal numbers. */
static inline napi_value signals_value(napi_env env, signal_set set) {
  napi_value list = NULL;
  napi_create_array(env, &list);
  uint32_t length = 0;
  for (int signal = 1; signal <= SIGNALS; signal += 1) {
    if (set & bit_of(signal)) napi_set_element(env, list, length++, int_value(env, signal));
  }
  return list;
}

static inline signal_set signals_of(napi_env env, napi_value list) {
  signal_set set = 0;
  uint32_t length = 0;
  napi_get_array_length(env, list, &length);
  for (uint32_t index = 0; index < length; index += 1) {
    napi_value element = NULL;
    napi_get_element(env, list, index, &element);
    const int signal = int_of(env, element);
    if (signal >= 1 && signal <= SIGNALS) set |= bit_of(signal);
  }
  return set;
}
