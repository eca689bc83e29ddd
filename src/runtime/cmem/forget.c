/* SPDX-License-Identifier: MIT */
#include "runtime/cmem/forget.h"

#include "base/pages.h"
#include "runtime/audit/standin.h"
#include "runtime/fault/guard.h"
#include "runtime/heap/region.h"
#include "runtime/heap/scan.h"
#include "runtime/heap/window.h"

#define PAGE FFISAN_PAGE_SIZE

struct piece {
    uintptr_t at, end;
};

/* Where a state has ended there will be another one, at the same addresses. */
static bool leads_to_lua(uint64_t word)
{
    const struct ffisan_region *region = ffisan_region_find(word);
    bool is_of_state =
        region ? region->heap && region->heap->is_of_state : ffisan_window_covers(word, word + 1);
    return is_of_state || ffisan_standin_covers(word);
}

static inline void forget_words(uint64_t *words, size_t n, const struct ffisan_scan_range *regions)
{
    for (size_t i = 0; i < n; i++)
        if (__builtin_expect((words[i] - regions->lo < regions->hi - regions->lo) |
                                 ffisan_standin_covers(words[i]),
                             0) &&
            leads_to_lua(words[i]))
            words[i] = 0;
}

static void forget_piece(void *argument)
{
    struct piece *piece = argument;
    struct ffisan_scan_range regions;
    const struct ffisan_scan_range standins = {ffisan_standin_range.lo, ffisan_standin_range.used,
                                               ffisan_standin_range.is_alone};
    ffisan_region_bounds(&regions.lo, &regions.hi);
    regions.is_alone = ffisan_window_covers(regions.lo, regions.hi);
    while (piece->at < piece->end) {
        piece->at += ffisan_scan_skip(piece->at, piece->end - piece->at, &regions, &standins);
        size_t next = piece->end - piece->at;
        next = next < FFISAN_SCAN_STEP ? next : FFISAN_SCAN_STEP;
        forget_words((uint64_t *)piece->at, next / 8, &regions);
        piece->at += next;
    }
}

/* A program can have taken the access away from pages of its own block. */
void ffisan_forget_addresses(uintptr_t start, size_t size_bytes)
{
    enum { MOST_HOLES = 16, SMALL = 256 };
    if (size_bytes <= SMALL) {
        struct ffisan_scan_range regions;
        ffisan_region_bounds(&regions.lo, &regions.hi);
        forget_words((uint64_t *)start, size_bytes / 8, &regions);
        return;
    }
    struct piece piece = {.at = start, .end = start + size_bytes};
    if (size_bytes < PAGE) {
        forget_piece(&piece);
        return;
    }
    for (unsigned n = 0; n < MOST_HOLES && !ffisan_guard_try(forget_piece, &piece); n++)
        piece.at = (piece.at | (PAGE - 1)) + 1;
}
