/* SPDX-License-Identifier: MIT */
/**
 * Searching memory for words that lead into one of two ranges of addresses, when mostly none does.
 * Context: any.
 */
#ifndef FFISAN_HEAP_SCAN_H
#define FFISAN_HEAP_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** [lo, hi); empty when hi <= lo. */
struct ffisan_scan_range {
    uintptr_t lo, hi;
    bool is_alone; /**< hardly a word leads to the same 4 GiB and not into the range (window.h) */
};

#define FFISAN_SCAN_STEP 64u

/**
 * How many bytes from `start` have certainly no word that leads into a range: whole steps of
 * FFISAN_SCAN_STEP bytes.  What lies behind them, another step or the rest, is to be looked at word
 * by word.  Words are those 8, 16 ... bytes behind the start, which need not be aligned.
 * More than twice as fast when each range is alone, and lies within 4 GiB aligned to that.
 */
size_t ffisan_scan_skip(uintptr_t start, size_t size, const struct ffisan_scan_range *a,
                        const struct ffisan_scan_range *b);

/**
 * Can a word that lies in there lead into a range, at whatever byte it begins?  Not exact: asked
 * before all eight ways to cut memory into words are tried.  True where a range is not alone.
 */
bool ffisan_scan_may_be_anywhere(uintptr_t start, size_t size, const struct ffisan_scan_range *a,
                                 const struct ffisan_scan_range *b);

#endif
