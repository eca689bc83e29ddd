/* SPDX-License-Identifier: MIT */
#include "runtime/cmem/paged.h"

#include "base/pages.h"
#include "runtime/audit/standin.h"
#include "runtime/cmem/ctraces.h"
#include "runtime/cmem/forget.h"

#include <string.h>

#define PAGE FFISAN_PAGE_SIZE
#define MAX_SIZE (256u * PAGE - FFISAN_REDZONE_MIN) /* larger blocks are dense */
#define MAX_BLOCKS 8192u                            /* at most so many are live or dead at a time */
#define MAX_DEAD 2048u                              /* of them, so many dead */
#define MAX_DEAD_BYTES ((size_t)24 << 20)           /* and so much */
#define BATCH 128u                                  /* become reusable at a time */
#define VISITS_OF_C 4u                              /* of a place that no Lua code has led to */

struct ffisan_heap ffisan_paged_heap;

static struct {
    bool is_open;                /* for new blocks */
    uint32_t n_blocks;           /* live or dead */
    uintptr_t resting[MAX_DEAD]; /* dead ones, a ring */
    uint32_t first, n_resting;
    size_t resting_bytes;
} paged;

uint32_t ffisan_paged_spare;

void ffisan_paged_start(uint32_t note_size, uint32_t spare)
{
    ffisan_paged_spare = spare;
    ffisan_heap_init(&ffisan_paged_heap, 0);
    ffisan_paged_heap.note_size = note_size;
    ffisan_paged_heap.forget = ffisan_forget_addresses;
    uintptr_t pages = ffisan_standins_beside();
    paged.is_open = pages && ffisan_heap_adopt(&ffisan_paged_heap, pages);
}

/* ---- From death to reuse -------------------------------------------------------------------- */

/* Takes those that died first, in the order of their addresses; returns how many. */
static uint32_t take_oldest(struct ffisan_slot_ref *refs, uint32_t max)
{
    uint32_t n = 0;
    for (; paged.n_resting > 0 && max > 0; max--) {
        struct ffisan_slot_ref ref;
        uintptr_t block = paged.resting[paged.first];
        paged.first = (paged.first + 1) % MAX_DEAD;
        paged.n_resting--;
        if (!ffisan_heap_find(&ffisan_paged_heap, block, &ref))
            continue;
        paged.resting_bytes -= ffisan_slot_extent(&ref);
        uint32_t place = n++;
        for (; place > 0 && refs[place - 1].block > block; place--)
            refs[place] = refs[place - 1];
        refs[place] = ref;
    }
    return n;
}

static void make_reusable(const struct ffisan_slot_ref *ref)
{
    void *note = ffisan_region_note(ref);
    if (note)
        memset(note, 0, ffisan_paged_heap.note_size);
    paged.n_blocks--;
    ffisan_heap_reuse(&ffisan_paged_heap, ref);
}

/* Neighbours are opened by one call: it costs more than a page.  What fails stays closed. */
static void give_back_oldest(void)
{
    struct ffisan_slot_ref refs[BATCH];
    uint32_t n = take_oldest(refs, BATCH);
    for (uint32_t i = 0, next; i < n; i = next) {
        uintptr_t from = refs[i].block, to = from;
        for (next = i; next < n && refs[next].block == to; next++)
            to += ffisan_slot_extent(&refs[next]);
        if (!ffisan_pages_open(from, to - from))
            continue;
        for (uint32_t k = i; k < next; k++)
            make_reusable(&refs[k]);
    }
}

void ffisan_paged_close(const struct ffisan_slot_ref *ref)
{
    size_t extent = ffisan_slot_extent(ref);
    while (paged.n_resting == MAX_DEAD ||
           (paged.n_resting > 0 && paged.resting_bytes + extent > MAX_DEAD_BYTES))
        give_back_oldest();
    if (!ffisan_pages_hide(ref->block, extent))
        paged.is_open = false; /* too many mappings: no more of them */
    paged.resting_bytes += extent;
    paged.resting[(paged.first + paged.n_resting++) % MAX_DEAD] = ref->block;
}

bool ffisan_paged_reopen(const struct ffisan_slot_ref *ref)
{
    return ffisan_pages_open(ref->block, ffisan_slot_extent(ref));
}

/* ---- Allocating ----------------------------------------------------------------------------- */

/* Half of the room is for the first blocks of each place. */
static bool takes_spare(const struct ffisan_ctrace *place)
{
    if (!place->lua_stack || paged.n_blocks - paged.n_resting >= MAX_BLOCKS / 2)
        return false;
    ffisan_paged_spare--;
    return true;
}

bool ffisan_paged_wants(size_t size, size_t alignment, const struct ffisan_ctrace *place,
                        uint32_t visits)
{
    if (!paged.is_open || size > MAX_SIZE || alignment > PAGE || !place)
        return false;
    bool is_first = visits <= (place->lua_stack ? FFISAN_PAGED_VISITS : VISITS_OF_C) ||
                    (visits & (visits - 1)) == 0;
    if (!is_first && (ffisan_paged_spare == 0 || !takes_spare(place)))
        return false;
    if (paged.n_blocks == MAX_BLOCKS && paged.n_resting > 0)
        give_back_oldest();
    return paged.n_blocks < MAX_BLOCKS;
}

void *ffisan_paged_alloc(size_t size, uint32_t trace, struct ffisan_slot_ref *ret_ref)
{
    size_t whole = ffisan_pages_round(size + FFISAN_REDZONE_MIN) - FFISAN_REDZONE_MIN;
    void *block = ffisan_heap_alloc(&ffisan_paged_heap, whole, trace, ret_ref);
    if (!block)
        return NULL;
    ffisan_heap_shrink(&ffisan_paged_heap, block, size);
    paged.n_blocks++;
    return block;
}
