/* Everything that JavaScript can call; each is described where it is defined, and in src/native/addon.ts. */
#pragma once
#include <node_api.h>

#define FUNCTIONS(each)                                                                                            \
  each("peek", peek) each("reap", reap) each("ownChildren", own_children) each("hasStopped", has_stopped)          \
  each("spawn", spawn) each("foreground", foreground) each("setForeground", set_foreground)                        \
  each("holdSignals", hold_signals) each("releaseSignals", release_signals) each("watchSignals", watch_signals)          \
  each("blockSignals", block_signals) each("armDeadMan", arm_dead_man) each("beat", beat)                          \
  each("disarmDeadMan", disarm_dead_man) each("endAfterParent", end_after_parent)                                  \
  each("signalOnParentDeath", signal_on_parent_death) each("becomeSubreaper", become_subreaper)                    \
  each("isSubreaper", is_subreaper) each("session", session) each("group", group)                                  \
  each("peekSocket", peek_socket) each("hasPeerEnded", has_peer_ended)                                                \
  each("trimMemory", trim_memory) each("limitArenas", limit_arenas) each("shrinkHeap", shrink_heap)          \
  each("mapFile", map_file) each("textAt", text_at) each("forgetPages", forget_pages)               \
  each("readText", read_text) each("populate", populate_buffer)

#define DECLARE(name, function) napi_value function(napi_env env, napi_callback_info info);
FUNCTIONS(DECLARE)
#undef DECLARE
