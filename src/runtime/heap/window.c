/* SPDX-License-Identifier: MIT */
#include "runtime/heap/window.h"

#include "base/pages.h"
#include "runtime/heap/region.h"

#define WINDOW ((uintptr_t)1 << 32)
#define N_REGIONS (WINDOW / FFISAN_REGION_SIZE)
#define DISTANCE (16 * WINDOW) /* from where the kernel puts what has no address of its own */
#define NONE 1u

uintptr_t ffisan_window; /* 0 = not chosen yet; NONE */
static uint64_t in_use;  /* one bit for each region of it */

_Static_assert(N_REGIONS == 64, "one bit for each");

/* All threads choose the same, or agree on what the first has chosen. */
static uintptr_t choose(void)
{
    uintptr_t none = 0, chosen = NONE;
    void *somewhere = ffisan_pages_map(FFISAN_PAGE_SIZE);
    if (!somewhere)
        return NONE; /* asked again later */
    ffisan_pages_unmap(somewhere, FFISAN_PAGE_SIZE);
    if ((uintptr_t)somewhere > 2 * DISTANCE)
        chosen = ((uintptr_t)somewhere & ~(WINDOW - 1)) - DISTANCE;
    __atomic_compare_exchange_n(&ffisan_window, &none, chosen, false, __ATOMIC_RELAXED,
                                __ATOMIC_RELAXED);
    return __atomic_load_n(&ffisan_window, __ATOMIC_RELAXED);
}

/* What others have mapped there, or what there was no memory for, is tried again next time. */
void *ffisan_window_map(void)
{
    uintptr_t first = __atomic_load_n(&ffisan_window, __ATOMIC_RELAXED);
    uint64_t refused = 0;
    void *pages = NULL;
    if (first == 0)
        first = choose();
    if (first == NONE)
        return NULL;
    for (unsigned i = 0; i < N_REGIONS && !pages; i++) {
        uint64_t bit = UINT64_C(1) << i;
        if (__atomic_fetch_or(&in_use, bit, __ATOMIC_RELAXED) & bit)
            continue;
        pages = ffisan_pages_map_at(first + i * FFISAN_REGION_SIZE, FFISAN_REGION_SIZE);
        refused |= pages ? 0 : bit;
    }
    __atomic_fetch_and(&in_use, ~refused, __ATOMIC_RELAXED);
    return pages;
}

void ffisan_window_give_back(uintptr_t pages)
{
    uintptr_t first = __atomic_load_n(&ffisan_window, __ATOMIC_RELAXED);
    if (first > NONE && pages - first < WINDOW)
        __atomic_fetch_and(&in_use, ~(UINT64_C(1) << (pages - first) / FFISAN_REGION_SIZE),
                           __ATOMIC_RELAXED);
}
