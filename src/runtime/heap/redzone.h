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

static inline void ffisan_redzone_put(uintptr_t address)
{
    const uint64_t word = FFISAN_REDZONE_WORD;
    memcpy((void *)address, &word, sizeof(word));
}

/* Bits that are not as they were; 0 = none. */
static inline uint64_t ffisan_redzone_change(uintptr_t address)
{
    uint64_t word;
    memcpy(&word, (const void *)address, sizeof(word));
    return word ^ FFISAN_REDZONE_WORD;
}

/* More than 24 bytes. */
static inline void ffisan_redzone_fill_long(uintptr_t end, uint32_t slack)
{
    uint32_t n = slack < FFISAN_REDZONE_MAX ? slack : FFISAN_REDZONE_MAX;
    for (uint32_t i = 0; i + 8 < n; i += 8)
        ffisan_redzone_put(end + i);
    ffisan_redzone_put(end + n - 8);
}

static inline bool ffisan_redzone_is_intact_long(uintptr_t end, uint32_t slack)
{
    uint32_t n = slack < FFISAN_REDZONE_MAX ? slack : FFISAN_REDZONE_MAX;
    uint64_t change = ffisan_redzone_change(end + n - 8);
    for (uint32_t i = 0; i + 8 < n; i += 8)
        change |= ffisan_redzone_change(end + i);
    return change == 0;
}

/** Fills up to FFISAN_REDZONE_MAX bytes at `end`; slack is at least 8. */
static inline void ffisan_redzone_fill(uintptr_t end, uint32_t slack)
{
    if (slack > 24) {
        ffisan_redzone_fill_long(end, slack);
        return;
    }
    ffisan_redzone_put(end); /* three words that overlap cover 8 to 24 bytes */
    ffisan_redzone_put(end + (slack - 8) / 2);
    ffisan_redzone_put(end + slack - 8);
}

static inline bool ffisan_redzone_is_intact(uintptr_t end, uint32_t slack)
{
    if (__builtin_expect(slack > 24, 0))
        return ffisan_redzone_is_intact_long(end, slack);
    return (ffisan_redzone_change(end) | ffisan_redzone_change(end + (slack - 8) / 2) |
            ffisan_redzone_change(end + slack - 8)) == 0;
}

#endif
