/* SPDX-License-Identifier: MIT */
/**
 * When a collection cycle has ended: a userdata that nobody refers to is finalised in every cycle,
 * in the phase after the sweep; its finaliser runs the audit and has it finalised again.
 * Public API only, works in compiled code (lj_gc.c, GCSfinalize).
 */
#ifndef FFISAN_CYCLE_CYCLE_H
#define FFISAN_CYCLE_CYCLE_H

#include "runtime/state.h"

/** Leaves the first userdata.  Context: the state's thread, outside of its allocator. */
void ffisan_cycle_start(struct ffisan_state *state);

/**
 * The userdata is to be finalised again.  A no-op but after a finalisation, ours or one that failed
 * before it reached us, such as on a stack that was full.  Allocates nothing.  Context: any.
 */
static inline void ffisan_cycle_rearm(struct ffisan_state *state)
{
    enum { FINALIZED = 0x08 }; /* lj_gc.h, LJ_GC_FINALIZED */
    if (state->sentinel && !state->is_closing)
        state->sentinel->marked &= (uint8_t)~FINALIZED;
}

/** Programs can close their state by os.exit(status, true). Context: as ffisan_builtins_watch. */
void ffisan_cycle_watch(void);

/** A last full cycle and audit, before the state is closed. */
void ffisan_cycle_finish(struct ffisan_state *state);

#endif
