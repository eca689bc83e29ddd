/* SPDX-License-Identifier: MIT */
/** The part of ctraces.h that malloc and free go through each time. */
#ifndef FFISAN_CMEM_CTRACES_FAST_H
#define FFISAN_CMEM_CTRACES_FAST_H

#include "runtime/cmem/crecent.h"
#include "runtime/cmem/ctraces.h"
#include "runtime/cmem/position.h"

#define FFISAN_MAX_CTRACES 65536u

extern uint32_t ffisan_cvisits[FFISAN_MAX_CTRACES] __attribute__((visibility("hidden")));

/** The number of a place that is not among the recent ones; `where` as in struct ffisan_cplace. */
uint32_t ffisan_ctraces_find(struct ffisan_state *state, uintptr_t pc, uintptr_t sp, uint64_t where,
                             uint64_t key) __attribute__((cold));

/** ffisan_ctraces_here for who knows ffisan_position_vmstate. */
static inline __attribute__((always_inline)) uint32_t
ffisan_ctraces_at(struct ffisan_state *state, int32_t vmstate, uintptr_t pc, uintptr_t sp)
{
    const struct ffisan_cplace place = {
        .pc = pc, .sp = sp, .where = ffisan_position_where(state, vmstate)};
    uint64_t key = ffisan_cplace_key(&place);
    uint32_t number = ffisan_crecent_find(&place, key);
    return __builtin_expect(number != 0, 1) ? number
                                            : ffisan_ctraces_find(state, pc, sp, place.where, key);
}

/**
 * The number of the place that runs now; 0 = no room.  `state` may be NULL: C frames only.
 * `pc`, `sp`: return address of the interposed function, and the stack pointer before its call.
 */
static inline __attribute__((always_inline)) uint32_t
ffisan_ctraces_here(struct ffisan_state *state, uintptr_t pc, uintptr_t sp)
{
    return ffisan_ctraces_at(state, ffisan_position_vmstate(state), pc, sp);
}

/** Counts an allocation of a place, and returns how many there were. */
static inline uint32_t ffisan_ctraces_visit(uint32_t number)
{
    return ++ffisan_cvisits[number];
}

#endif
