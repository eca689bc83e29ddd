/* SPDX-License-Identifier: MIT */
/**
 * What a finalizer interrupted.  LuaJIT runs finalizers on top of the stack of the thread that
 * collects; since November 2025 on a thread of their own (gc_call_finalizer).
 */
#ifndef FFISAN_RUNTIME_INTERRUPTED_H
#define FFISAN_RUNTIME_INTERRUPTED_H

#include "runtime/state.h"

/**
 * For a finalizer that is a C function: the number of the Lua stack that the collector interrupted;
 * 0 = no Lua code runs, or not known.  Context: the state's thread.
 */
uint32_t ffisan_interrupted_stack(struct ffisan_state *state);

/** The thread that `above`, which has only a finalizer on it, interrupted; NULL: not found. */
const struct lj_thread *ffisan_interrupted_thread(struct ffisan_state *state,
                                                  const struct lj_thread *above);

#endif
