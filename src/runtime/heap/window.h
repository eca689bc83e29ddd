/* SPDX-License-Identifier: MIT */
/**
 * Regions of Lua states lie in 4 GiB of address space where nothing else is, as far as there is
 * room: then the upper half of a word tells whether it can lead to one of them (scan.h).
 * Context: any thread, no locks.
 */
#ifndef FFISAN_HEAP_WINDOW_H
#define FFISAN_HEAP_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Its first address; less than a page = there is none. */
extern uintptr_t ffisan_window __attribute__((visibility("hidden")));

/** Does all of [lo, hi) lie in there? */
static inline bool ffisan_window_covers(uintptr_t lo, uintptr_t hi)
{
    return (lo ^ ffisan_window) >> 32 == 0 && (hi - 1) >> 32 == lo >> 32 && lo >> 32 != 0;
}

/** FFISAN_REGION_SIZE bytes of the window, readable, writable, zero; NULL = none are to be had. */
void *ffisan_window_map(void);

/** These pages are unmapped: if they were of the window, others may have them. */
void ffisan_window_give_back(uintptr_t pages);

#endif
