/* The few functions of libuv (Node exports them all) that this addon calls; its structures stay unknown here. */
#pragma once
#include <stddef.h>

typedef struct uv_loop_s uv_loop_t;
typedef struct uv_handle_s uv_handle_t;
typedef struct uv_process_s uv_process_t;
typedef struct uv_signal_s uv_signal_t;

/** libuv's stable numbers of handle types. */
enum { UV_PROCESS = 10, UV_SIGNAL = 16 };

void uv_walk(uv_loop_t *loop, void (*visit)(uv_handle_t *handle, void *data), void *data);
int uv_handle_get_type(const uv_handle_t *handle);
size_t uv_handle_size(int type);
int uv_process_get_pid(const uv_process_t *process);
int uv_signal_init(uv_loop_t *loop, uv_signal_t *handle);
int uv_signal_start(uv_signal_t *handle, void (*hear)(uv_signal_t *handle, int signal), int signal);
