/* SPDX-License-Identifier: MIT */
/** The part of ctraces.h that malloc and free go through each time. */
#ifndef FFISAN_CMEM_CTRACES_FAST_H
#define FFISAN_CMEM_CTRACES_FAST_H

#include "runtime/cmem/ctraces.h"
#include "runtime/cmem/position.h"

#define FFISAN_MAX_CTRACES 65536u
#define FFISAN_N_CRECENT 256u /**< fit into the fastest cache, as the memos do not */

/** A place as it is met. */
struct ffisan_cplace {
    uintptr_t pc, sp; /**< sp 0: any */
    uint64_t where;   /**< Lua position, or number of the trace that runs */
};

/**
 * A memo that was of use a moment ago.  Threads write these as they like: what two of them have
 * mixed is no answer to any question.
 */
struct ffisan_crecent {
    uint64_t
        question;    /**< the key, but for its last 16 bits, which are the anchor; XOR the answer */
    uint64_t answer; /**< the anchored address << 16 | the number */
};
extern struct ffisan_crecent ffisan_crecent[FFISAN_N_CRECENT] __attribute__((visibility("hidden")));
extern uint32_t ffisan_cvisits[FFISAN_MAX_CTRACES] __attribute__((visibility("hidden")));

static inline uint64_t ffisan_cplace_key(const struct ffisan_cplace *place)
{
    uint64_t key = place->pc * UINT64_C(0x9e3779b97f4a7c15) +
                   place->sp * UINT64_C(0xc2b2ae3d27d4eb4f) +
                   place->where * UINT64_C(0xff51afd7ed558ccd);
    return key ^ key >> 32;
}

/** Is the return address into compiled code where a memo has seen it? */
static inline bool ffisan_cplace_is_anchored(const struct ffisan_cplace *place, uint32_t anchor,
                                             uintptr_t anchored)
{
    return anchor == 0 || *(const uintptr_t *)(place->sp - 8 + anchor - 1) == anchored;
}

static inline uint32_t ffisan_crecent_at(uint64_t index, const struct ffisan_cplace *place,
                                         uint64_t key)
{
    const struct ffisan_crecent *recent = &ffisan_crecent[index];
    uint64_t answer = __atomic_load_n(&recent->answer, __ATOMIC_RELAXED);
    uint64_t question = __atomic_load_n(&recent->question, __ATOMIC_RELAXED) ^ answer;
    bool is_it = (question ^ key) >> 16 == 0 &&
                 ffisan_cplace_is_anchored(place, question & 0xffff, answer >> 16);
    return is_it ? answer & 0xffff : 0;
}

/** A key has two places, side by side: the few of a loop seldom drive each other out. */
static inline uint32_t ffisan_crecent_find(const struct ffisan_cplace *place, uint64_t key)
{
    uint32_t number = ffisan_crecent_at(key % FFISAN_N_CRECENT, place, key);
    return __builtin_expect(number != 0, 1)
               ? number
               : ffisan_crecent_at(key % FFISAN_N_CRECENT ^ 1, place, key);
}

/** The same when it was not of use a moment ago. */
uint32_t ffisan_ctraces_find(struct ffisan_state *state, struct ffisan_cplace place, uint64_t key);

/**
 * The number of the place that runs now; 0 = no room.  `state` may be NULL: C frames only.
 * `pc`, `sp`: return address of the interposed function, and the stack pointer before its call.
 */
static inline __attribute__((always_inline)) uint32_t
ffisan_ctraces_here(struct ffisan_state *state, uintptr_t pc, uintptr_t sp)
{
    const struct ffisan_cplace place = {.pc = pc, .sp = sp, .where = ffisan_position_where(state)};
    uint64_t key = ffisan_cplace_key(&place);
    uint32_t number = ffisan_crecent_find(&place, key);
    return __builtin_expect(number != 0, 1) ? number : ffisan_ctraces_find(state, place, key);
}

/** Counts an allocation of a place, and returns how many there were. */
static inline uint32_t ffisan_ctraces_visit(uint32_t number)
{
    return ++ffisan_cvisits[number];
}

#endif
