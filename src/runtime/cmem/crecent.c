/* SPDX-License-Identifier: MIT */
#include "runtime/cmem/crecent.h"

struct ffisan_crecent ffisan_crecent[FFISAN_N_CRECENT] __attribute__((aligned(64)));

/* An empty place of the key, or its first: then the others move on, and the last is gone. */
static struct ffisan_crecent *make_room(uint64_t key)
{
    struct ffisan_crecent *ways[FFISAN_CRECENT_WAYS];
    for (uint64_t way = 0; way < FFISAN_CRECENT_WAYS; way++) {
        ways[way] = &ffisan_crecent[key % FFISAN_N_CRECENT ^ way];
        if (ways[way]->answer == 0)
            return ways[way];
    }
    for (unsigned way = FFISAN_CRECENT_WAYS - 1; way > 0; way--)
        *ways[way] = *ways[way - 1];
    return ways[0];
}

void ffisan_crecent_put(uint64_t key, uint32_t number, uint32_t anchor, uintptr_t anchored)
{
    uint64_t answer = anchored << 16 | number;
    uint64_t question = (key & ~UINT64_C(0xffff)) | anchor;
    if (anchor > 0xffff)
        return;
    struct ffisan_crecent *recent = make_room(key);
    __atomic_store_n(&recent->answer, answer, __ATOMIC_RELAXED);
    __atomic_store_n(&recent->question, ffisan_crecent_sealed(question, answer), __ATOMIC_RELAXED);
}
