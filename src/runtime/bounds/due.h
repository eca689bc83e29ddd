/* SPDX-License-Identifier: MIT */
/**
 * Which calls are looked at: the first of each place in the program, and then one in so many.  What
 * a place does wrong it has mostly done by then, and it stays cheap where an interpreter is busy.
 */
#ifndef FFISAN_BOUNDS_DUE_H
#define FFISAN_BOUNDS_DUE_H

#include "runtime/state.h"

#define FFISAN_DUE_FIRST 64u
#define FFISAN_DUE_SAMPLE 32u

/**
 * The instruction that a built-in function returns to, as a number: of the caller's bytecode, or
 * behind the frame that a metamethod continues with (lj_frame.h, frame_contpc).
 */
static inline uint64_t ffisan_due_place(const lua_State *L)
{
    enum { FRAME_TYPE = 3, FRAME_CONT = 2 };
    const uint64_t *base = (const uint64_t *)((const struct lj_thread *)L)->base;
    return (base[-1] & FRAME_TYPE) == FRAME_CONT ? base[-3] : base[-1];
}

/** Counts a call.  Places that share a counter are looked at a little less. */
static inline bool ffisan_due(const struct ffisan_builtin_call *call)
{
    uint64_t hash = ffisan_due_place(call->L) * UINT64_C(0x9e3779b97f4a7c15) >> 40;
    uint32_t *count = &call->state->call_counts[hash % FFISAN_CALL_COUNTS];
    return ++*count <= FFISAN_DUE_FIRST || *count % FFISAN_DUE_SAMPLE == 0;
}

#endif
