/* SPDX-License-Identifier: MIT */
#include "runtime/audit/keeper.h"

#include "base/pages.h"
#include "runtime/cmem/cheap.h"
#include "runtime/cmem/listed.h"
#include "runtime/cmem/segments.h"
#include "runtime/fault/guard.h"
#include "runtime/state.h"

#define LARGEST_CDATA 4096u

struct search {
    const struct ffisan_wanted *wanted;
    struct ffisan_state *state; /* in Lua */
    struct ffisan_holder *best; /* kind NONE: nothing found yet */
    uintptr_t leads_to;         /* of the best */
    struct ffisan_holder holder;
    bool is_brk;
    uintptr_t at, end; /* a piece of memory: what is left of it */
};

static void look_at(struct search *search, uintptr_t place)
{
    const struct ffisan_wanted *wanted = search->wanted;
    uintptr_t word = *(const uintptr_t *)place;
    if (word - wanted->from >= wanted->to - wanted->from || word > wanted->address ||
        (search->best->kind != FFISAN_HOLDER_NONE && word <= search->leads_to) ||
        (search->holder.block == 0 && ffisan_listed_is_searched_apart(place, search->is_brk)))
        return;
    search->leads_to = word;
    *search->best = search->holder;
    if (search->holder.block == 0)
        search->best->block = search->best->payload = place;
    search->best->offset = (uint32_t)(place - search->best->payload);
}

/* ---- In Lua ---------------------------------------------------------------------------------- */

static void search_cdata(void *context, const struct ffisan_slot_ref *ref)
{
    struct search *search = context;
    uintptr_t likely = 8u * (ref->slot->type >> FFISAN_SLOT_HEADER_SHIFT);
    if ((ref->slot->type & FFISAN_SLOT_TYPE_MASK) != LJ_GCT_CDATA)
        return;
    const struct lj_cdata *cdata = lj_find_cdata(ref->block, ffisan_slot_size(ref), likely);
    size_t size = cdata ? ffisan_slot_size(ref) - ((uintptr_t)cdata->payload - ref->block) : 0;
    if (size > LARGEST_CDATA)
        return;
    search->holder = (struct ffisan_holder){.block = ref->block,
                                            .header = (uintptr_t)cdata,
                                            .payload = (uintptr_t)cdata->payload,
                                            .ctypeid = cdata ? cdata->ctypeid : 0,
                                            .size = (uint32_t)size,
                                            .made = ref->slot->stack,
                                            .kind = FFISAN_HOLDER_CDATA};
    for (size_t offset = 0; offset + 8 <= size; offset += 8)
        look_at(search, search->holder.payload + offset);
}

static void search_lua(void *argument)
{
    struct search *search = argument;
    ffisan_heap_each_holder(&search->state->heap, search_cdata, search);
}

bool ffisan_keeper_in_lua(struct ffisan_state *state, const struct ffisan_wanted *wanted,
                          struct ffisan_holder *ret_holder)
{
    struct search search = {.wanted = wanted, .state = state, .best = ret_holder};
    *ret_holder = (struct ffisan_holder){.kind = FFISAN_HOLDER_NONE};
    ffisan_guard_run(search_lua, &search);
    return ret_holder->kind != FFISAN_HOLDER_NONE;
}

/* ---- In C ------------------------------------------------------------------------------------ */

static void search_words(void *argument)
{
    struct search *search = argument;
    for (; search->at + 8 <= search->end; search->at += 8)
        look_at(search, search->at);
}

/* A page that cannot be read is left out. */
static void search_piece(struct search *search, uintptr_t start, uintptr_t end)
{
    enum { MOST_HOLES = 256 };
    search->at = start;
    search->end = end;
    for (unsigned n = 0; n < MOST_HOLES && !ffisan_guard_run(search_words, search); n++)
        search->at = (search->at | (FFISAN_PAGE_SIZE - 1)) + 1;
}

static bool is_owned(const struct ffisan_wanted *wanted, uintptr_t block, size_t size)
{
    for (uintptr_t at = wanted->owner; at + 8 <= wanted->owner_end; at += 8)
        if (*(const uintptr_t *)at - block < size)
            return true;
    return false;
}

static void search_block(void *context, const struct ffisan_slot_ref *ref)
{
    struct search *search = context;
    size_t size = ffisan_slot_size(ref);
    if (size > UINT32_MAX || is_owned(search->wanted, ref->block, size))
        return;
    search->holder = (struct ffisan_holder){.block = ref->block,
                                            .payload = ref->block,
                                            .size = (uint32_t)size,
                                            .made = ref->slot->stack,
                                            .kind = FFISAN_HOLDER_MALLOC};
    if (size < FFISAN_PAGE_SIZE && !ffisan_cheap_is_paged(ref)) {
        search->at = ref->block;
        search->end = ref->block + size;
        search_words(search);
    } else {
        search_piece(search, ref->block, ref->block + size);
    }
}

bool ffisan_keeper_in_c(uintptr_t vm_address, const struct ffisan_wanted *wanted,
                        struct ffisan_holder *ret_holder)
{
    const struct ffisan_segment *segments;
    struct search search = {.wanted = wanted, .best = ret_holder};
    *ret_holder = (struct ffisan_holder){.kind = FFISAN_HOLDER_NONE};
    search.holder = (struct ffisan_holder){.kind = FFISAN_HOLDER_C_VARIABLE, .size = 8};
    size_t n = ffisan_segments_now(vm_address, &segments);
    for (size_t i = 0; i < n; i++) {
        search.is_brk = segments[i].kind == FFISAN_SEGMENT_BRK;
        search_piece(&search, segments[i].start, segments[i].end);
    }
    if (ret_holder->kind == FFISAN_HOLDER_NONE && ffisan_cheap_lock()) {
        ffisan_cheap_each_live(search_block, &search);
        ffisan_cheap_unlock();
    }
    return ret_holder->kind != FFISAN_HOLDER_NONE;
}
