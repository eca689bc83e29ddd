/* SPDX-License-Identifier: MIT */
/** Sizes of slots: steps of 16 bytes up to 512, then four steps per power of two up to 32 KiB. */
#ifndef FFISAN_HEAP_SIZES_H
#define FFISAN_HEAP_SIZES_H

#include "runtime/heap/heap.h"

#define FFISAN_SIZES_SMALL 31u /**< 32, 48 ... 512 */
#define FFISAN_SIZES_SMALL_MAX 512u
#define FFISAN_SIZES_MAX 32768u
#define FFISAN_N_SIZES (FFISAN_SIZES_SMALL + 24u) /**< 640, 768, 896, 1024 ... 32768 */
_Static_assert(FFISAN_N_SIZES <= FFISAN_N_BINS, "every size needs its bin");

static inline uint32_t ffisan_sizes_slot(unsigned number)
{
    if (number < FFISAN_SIZES_SMALL)
        return FFISAN_SLOT_MIN + 16 * number;
    unsigned step = number - FFISAN_SIZES_SMALL;
    return (5 + step % 4) * (128u << step / 4);
}

/** Number of the smallest size that holds `size` bytes and a redzone; FFISAN_N_SIZES: none. */
static inline unsigned ffisan_sizes_find(size_t size)
{
    size_t need = size + FFISAN_REDZONE_MIN; /* may wrap */
    if (__builtin_expect(size <= FFISAN_SIZES_SMALL_MAX - FFISAN_REDZONE_MIN, 1))
        return need <= FFISAN_SLOT_MIN ? 0 : (unsigned)((need + 15) / 16 - 2);
    if (size > FFISAN_SIZES_MAX - FFISAN_REDZONE_MIN)
        return FFISAN_N_SIZES;
    unsigned log2 = 63 - (unsigned)__builtin_clzl(need - 1); /* 2^log2 < need <= 2^(log2+1) */
    unsigned quarter = (unsigned)((need - 1) >> (log2 - 2)) & 3;
    return FFISAN_SIZES_SMALL + (log2 - 9) * 4 + quarter;
}

#endif
