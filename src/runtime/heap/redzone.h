/* SPDX-License-Identifier: MIT */
/** The bytes behind a block: filled when it is handed out, looked at when it dies. */
#ifndef FFISAN_HEAP_REDZONE_H
#define FFISAN_HEAP_REDZONE_H

#include "runtime/heap/heap.h"

#include <string.h>

#define FFISAN_REDZONE_WORD (UINT64_C(0x0101010101010101) * FFISAN_REDZONE_BYTE)

/** Bytes behind a block up to the end of its slot, as far as they are filled. */
static inline uint32_t ffisan_redzone_slack(const struct ffisan_slot_ref *ref)
{
    return ref->span->n_spans ? FFISAN_REDZONE_MIN : ref->slot->slack;
}

/** Fills up to FFISAN_REDZONE_MAX bytes at `end`; slack is at least 8. */
static inline void ffisan_redzone_fill(uintptr_t end, uint32_t slack)
{
    const uint64_t word = FFISAN_REDZONE_WORD;
    if (__builtin_expect(slack <= 24, 1)) {
        memcpy((void *)end, &word, 8);
        memcpy((void *)(end + slack - 8), &word, 8);
        if (slack > 16)
            memcpy((void *)(end + 8), &word, 8);
        return;
    }
    memset((void *)end, FFISAN_REDZONE_BYTE,
           slack < FFISAN_REDZONE_MAX ? slack : FFISAN_REDZONE_MAX);
}

static inline bool ffisan_redzone_is_intact(uintptr_t end, uint32_t slack)
{
    uint64_t first, second = FFISAN_REDZONE_WORD, last;
    if (__builtin_expect(slack <= 24, 1)) {
        memcpy(&first, (const void *)end, 8);
        memcpy(&last, (const void *)(end + slack - 8), 8);
        if (slack > 16)
            memcpy(&second, (const void *)(end + 8), 8);
        return ((first ^ FFISAN_REDZONE_WORD) | (second ^ FFISAN_REDZONE_WORD) |
                (last ^ FFISAN_REDZONE_WORD)) == 0;
    }
    if (slack > FFISAN_REDZONE_MAX)
        slack = FFISAN_REDZONE_MAX;
    for (uint32_t i = 0; i < slack; i++)
        if (*(const uint8_t *)(end + i) != FFISAN_REDZONE_BYTE)
            return false;
    return true;
}

#endif
