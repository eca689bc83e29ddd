/* SPDX-License-Identifier: MIT */
/** Sizes of slots: steps of 16 bytes up to 512, then four steps per power of two up to 32 KiB. */
#ifndef FFISAN_HEAP_SIZES_H
#define FFISAN_HEAP_SIZES_H

#include "runtime/heap/heap.h"

#define FFISAN_SIZES_SMALL 32u /**< 32, 32, 48 ... 512: twice, so that no size needs a branch */
#define FFISAN_SIZES_SMALL_MAX 512u
#define FFISAN_SIZES_MAX 32768u
#define FFISAN_N_SIZES (FFISAN_SIZES_SMALL + 24u) /**< 640, 768, 896, 1024 ... 32768 */
_Static_assert(FFISAN_N_SIZES < FFISAN_N_BINS,
               "every size needs its bin, and none has an empty one");

static inline uint32_t ffisan_sizes_slot(unsigned number)
{
    if (number < FFISAN_SIZES_SMALL)
        return number == 0 ? FFISAN_SLOT_MIN : 16 + 16 * number;
    unsigned step = number - FFISAN_SIZES_SMALL;
    return (5 + step % 4) * (128u << step / 4);
}

/** Number of the smallest size that holds `size` bytes and a redzone; FFISAN_N_SIZES: none. */
static inline unsigned ffisan_sizes_find(size_t size)
{
    if (__builtin_expect(size <= FFISAN_SIZES_SMALL_MAX - FFISAN_REDZONE_MIN, 1))
        return (unsigned)(size + FFISAN_REDZONE_MIN - 1) / 16;
    if (size > FFISAN_SIZES_MAX - FFISAN_REDZONE_MIN)
        return FFISAN_N_SIZES;
    size_t need = size + FFISAN_REDZONE_MIN;
    unsigned log2 = 63 - (unsigned)__builtin_clzl(need - 1); /* 2^log2 < need <= 2^(log2+1) */
    unsigned quarter = (unsigned)((need - 1) >> (log2 - 2)) & 3;
    return FFISAN_SIZES_SMALL + (log2 - 9) * 4 + quarter;
}

#endif
