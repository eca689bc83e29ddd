/* SPDX-License-Identifier: MIT */
/**
 * Searching memory for words that lead into one of two ranges of addresses, when mostly none does.
 * Context: any.
 */
#ifndef FFISAN_HEAP_SCAN_H
#define FFISAN_HEAP_SCAN_H

#include <stddef.h>
#include <stdint.h>

/** [lo, hi); empty when hi <= lo. */
struct ffisan_scan_range {
    uintptr_t lo, hi;
};

/**
 * How many bytes from `start` have certainly no word that leads into a range: all whole steps of
 * FFISAN_SCAN_STEP bytes, or 0.  The rest is to be looked at word by word.  Words are those 8, 16
 * ... bytes behind the start, which need not be aligned.
 */
size_t ffisan_scan_skip(uintptr_t start, size_t size, const struct ffisan_scan_range *a,
                        const struct ffisan_scan_range *b);

#define FFISAN_SCAN_STEP 64u

#endif
