/* SPDX-License-Identifier: MIT */
/**
 * Which places have allocated or freed a moment ago, and their numbers: a table that fits into the
 * fastest cache, in front of the memos of ctraces.c.
 * Context: any thread, no locks.  Threads write it as they like: what two of them have mixed is no
 * answer to any question (ffisan_crecent_sealed).
 */
#ifndef FFISAN_CMEM_CRECENT_H
#define FFISAN_CMEM_CRECENT_H

#include <stdbool.h>
#include <stdint.h>

#define FFISAN_N_CRECENT 256u  /**< fit into the fastest cache, as the memos do not */
#define FFISAN_CRECENT_WAYS 4u /**< places of a key, which share a line of that cache */

/** A place as it is met. */
struct ffisan_cplace {
    uintptr_t pc, sp; /**< sp 0: any */
    uint64_t where;   /**< Lua position, or number of the trace that runs */
};

struct ffisan_crecent {
    uint64_t question; /**< the key, but for its last 16 bits, which are the anchor; sealed */
    uint64_t answer;   /**< the anchored address << 16 | the number */
};
extern struct ffisan_crecent ffisan_crecent[FFISAN_N_CRECENT]
    __attribute__((aligned(64), visibility("hidden")));

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

/**
 * A question, or its own self again, bound to its answer: with another one it becomes another key.
 * Answers that are alike differ in few bits, and those must reach the key, not the anchor alone.
 */
static inline uint64_t ffisan_crecent_sealed(uint64_t question, uint64_t answer)
{
    return question ^ answer * UINT64_C(0x9e3779b97f4a7c15);
}

static inline uint32_t ffisan_crecent_at(uint64_t index, const struct ffisan_cplace *place,
                                         uint64_t key)
{
    const struct ffisan_crecent *recent = &ffisan_crecent[index];
    uint64_t answer = __atomic_load_n(&recent->answer, __ATOMIC_RELAXED);
    uint64_t question =
        ffisan_crecent_sealed(__atomic_load_n(&recent->question, __ATOMIC_RELAXED), answer);
    bool is_it = (question ^ key) >> 16 == 0 &&
                 ffisan_cplace_is_anchored(place, question & 0xffff, answer >> 16);
    return is_it ? answer & 0xffff : 0;
}

/** Calls of one function in the same compiled code have the same key, and differ in the anchor. */
static inline uint32_t ffisan_crecent_find(const struct ffisan_cplace *place, uint64_t key)
{
    for (uint64_t way = 0; way < FFISAN_CRECENT_WAYS; way++) {
        uint32_t number = ffisan_crecent_at(key % FFISAN_N_CRECENT ^ way, place, key);
        if (__builtin_expect(number != 0, 1))
            return number;
    }
    return 0;
}

/**
 * From now on `number` (1 to 65535) is the answer for a place with that key whose return address
 * into compiled code, `anchored`, lies at `anchor` (see ffisan_cplace_is_anchored; 0: it has none).
 * One that was found already must not be put again.
 */
void ffisan_crecent_put(uint64_t key, uint32_t number, uint32_t anchor, uintptr_t anchored);

#endif
