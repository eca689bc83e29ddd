/* SPDX-License-Identifier: MIT */
/*
 * Roots are the writable private mappings of the process, page by page as far as they are in
 * memory, without our own; of this thread's stack, what is in use; the live blocks of all Lua
 * heaps; and where that is not enough, what leaks_unlikely.c knows.  A word that leads anywhere
 * into a block keeps it.
 */
#include "runtime/cmem/leaks_mark.h"

#include "base/others.h"
#include "base/pages.h"
#include "runtime/cmem/cheap.h"
#include "runtime/cmem/ctraces.h"
#include "runtime/cmem/leaks.h"
#include "runtime/cmem/leaks_search.h"
#include "runtime/cmem/numbers.h"
#include "runtime/cmem/registrations.h"
#include "runtime/state.h"

static void unmark(void *context, const struct ffisan_slot_ref *ref)
{
    struct ffisan_leaks_mark *mark = context;
    struct ffisan_cnote *note = ffisan_cheap_note(ref);
    mark->max_pending++;
    if (note)
        note->is_marked = FFISAN_LEAKS_UNMARKED;
    else
        mark->is_possible = false;
}

void ffisan_leaks_mark_begin(struct ffisan_leaks_mark *mark)
{
    uintptr_t high;
    ffisan_cheap_bounds(&mark->low, &high);
    mark->size = high - mark->low;
    mark->stack = (uintptr_t)__builtin_frame_address(0);
    mark->is_possible = true;
    ffisan_cheap_each_live(unmark, mark);
    if (mark->is_possible && mark->max_pending > 0)
        mark->pending = ffisan_pages_map(mark->max_pending * sizeof(*mark->pending));
    mark->is_possible = mark->pending != NULL;
}

void ffisan_leaks_mark_end(struct ffisan_leaks_mark *mark)
{
    if (mark->pending)
        ffisan_pages_unmap(mark->pending, mark->max_pending * sizeof(*mark->pending));
    mark->pending = NULL;
}

static void search_registers(struct ffisan_leaks_mark *mark)
{
    size_t n;
    const uint64_t *words = ffisan_others_words(mark->others, &n);
    ffisan_leaks_search_words(mark, (uintptr_t)words, (uintptr_t)(words + n),
                              FFISAN_LEAKS_REACHABLE);
}

/* What another thread that runs Lua has made is for its own searches to judge. */
static bool is_for_another(const struct ffisan_leaks_mark *mark, const struct ffisan_ctrace *trace)
{
    return (mark->is_tentative || mark->others) && trace->state != mark->state;
}

/* If nothing leads to it, is that worth a word? */
bool ffisan_leaks_may_be_listed(const struct ffisan_leaks_mark *mark,
                                const struct ffisan_slot_ref *ref)
{
    const struct ffisan_cnote *note = ffisan_cheap_note(ref);
    const struct ffisan_ctrace *trace = ffisan_ctraces_get(ref->slot->stack);
    return !note->is_kept && !note->is_of_library && !note->is_reported && trace &&
           trace->lua_stack && !is_for_another(mark, trace);
}

static void search_registration(void *context, struct ffisan_registration *registration)
{
    ffisan_leaks_search_words(context, (uintptr_t)&registration->word,
                              (uintptr_t)(&registration->word + 1), FFISAN_LEAKS_REACHABLE);
}

static void search_held(void *context, uint64_t word)
{
    struct ffisan_leaks_mark *mark = context;
    if (word - mark->low < mark->size)
        ffisan_leaks_reach(mark, word, FFISAN_LEAKS_REACHABLE);
}

void ffisan_leaks_mark(struct ffisan_leaks_mark *mark)
{
    ffisan_registrations_each(search_registration, mark);
    ffisan_registrations_each_held(search_held, mark);
    if (mark->others)
        search_registers(mark);
    ffisan_leaks_search_process(mark);
    for (struct ffisan_state *state = ffisan_runtime.states; state; state = state->next)
        ffisan_heap_each_live(&state->heap, ffisan_leaks_search_object, mark);
    ffisan_leaks_follow(mark, FFISAN_LEAKS_REACHABLE);
    if (mark->is_last)
        ffisan_leaks_mark_ending(mark);
    ffisan_leaks_search_unlikely(mark);
}

static void keep(void *context, const struct ffisan_slot_ref *ref)
{
    struct ffisan_cnote *note = ffisan_cheap_note(ref);
    (void)context;
    note->is_kept = note->is_marked == FFISAN_LEAKS_REACHABLE;
}

void ffisan_leaks_mark_kept(struct ffisan_leaks_mark *mark)
{
    mark->without_lua = true;
    ffisan_leaks_search_process(mark);
    ffisan_leaks_follow(mark, FFISAN_LEAKS_REACHABLE);
    ffisan_leaks_search_unlikely(mark);
    ffisan_cheap_each_live(keep, mark);
}

static void note_library(void *context, const struct ffisan_slot_ref *ref)
{
    struct ffisan_cnote *note = ffisan_cheap_note(ref);
    (void)context;
    note->may_be_of_library = note->is_marked == FFISAN_LEAKS_REACHABLE;
}

void ffisan_leaks_mark_library(struct ffisan_leaks_mark *mark)
{
    for (unsigned i = 0; i < mark->n_ranges; i++) { /* which may be our own: we are a module, too */
        const struct ffisan_mapping range = {.low = mark->ranges[i].from,
                                             .high = mark->ranges[i].to};
        ffisan_leaks_search_mapping(mark, &range);
    }
    ffisan_leaks_follow(mark, FFISAN_LEAKS_REACHABLE);
    ffisan_cheap_each_live(note_library, mark);
}

static void decide_library(void *context, const struct ffisan_slot_ref *ref)
{
    struct ffisan_cnote *note = ffisan_cheap_note(ref);
    if (!note)
        return;
    note->is_of_library |= note->may_be_of_library & *(const bool *)context;
    note->may_be_of_library = 0;
}

void ffisan_leaks_decide_library(bool is_gone)
{
    ffisan_cheap_each_live(decide_library, &is_gone);
}

void ffisan_leaks_mark_word(struct ffisan_leaks_mark *mark, uintptr_t word)
{
    if (word - mark->low < mark->size)
        ffisan_leaks_reach(mark, word, FFISAN_LEAKS_REACHABLE);
    else if (word >> 47 != 0)
        ffisan_leaks_reach_value(mark, word);
    ffisan_leaks_follow(mark, FFISAN_LEAKS_REACHABLE);
}

/* ---- What is left --------------------------------------------------------------------------- */

/* Everything that an unmarked block leads to is lost with it, except itself. */
static void spread(void *context, const struct ffisan_slot_ref *ref)
{
    struct ffisan_leaks_mark *mark = context;
    struct ffisan_cnote *note = ffisan_cheap_note(ref);
    if (note->is_marked != FFISAN_LEAKS_UNMARKED)
        return;
    note->is_marked = FFISAN_LEAKS_LOST;
    mark->lost_one = ref->block;
    mark->phase = 1;
    ffisan_leaks_search_block(mark, ref->block, ffisan_slot_size(ref),
                              FFISAN_LEAKS_LOST_WITH_ANOTHER);
    ffisan_leaks_follow(mark, FFISAN_LEAKS_LOST_WITH_ANOTHER);
    mark->phase = 0;
}

/*
 * A program can keep an address where only it finds it: XOR the one before, as a distance.  What
 * becomes of such blocks is seen at the end, when they have been freed; that of one that an integer
 * has led to, although nothing else did, is not known then either.
 */
static bool may_be_hidden(const struct ffisan_leaks_mark *mark, const struct ffisan_ctrace *trace)
{
    enum ffisan_numbers numbers = ffisan_numbers_of(trace);
    return numbers == FFISAN_NUMBERS_HIDDEN || (numbers == FFISAN_NUMBERS_MADE && !mark->is_last);
}

static void list(void *context, const struct ffisan_slot_ref *ref)
{
    struct ffisan_leaks_mark *mark = context;
    struct ffisan_cnote *note = ffisan_cheap_note(ref);
    if (note->is_marked == FFISAN_LEAKS_REACHABLE)
        note->is_suspect = 0;
    if (note->is_marked != FFISAN_LEAKS_LOST || !ffisan_leaks_may_be_listed(mark, ref))
        return;
    if (may_be_hidden(mark, ffisan_ctraces_get(ref->slot->stack))) {
        note->is_hidden = 1;
        return;
    }
    if (mark->is_tentative) {
        mark->n_suspects += note->is_suspect;
        note->is_suspect = 1;
        return;
    }
    if (mark->n_lost == FFISAN_LEAKS_AT_ONCE || (mark->others && !note->is_suspect))
        return;
    note->is_reported = 1;
    mark->lost[mark->n_lost++] = (struct ffisan_leak){
        .block = ref->block, .size = ffisan_slot_size(ref), .made = ref->slot->stack};
}

void ffisan_leaks_mark_lost(struct ffisan_leaks_mark *mark)
{
    ffisan_cheap_each_live(spread, mark);
    mark->lost_one = 0; /* on the stack, the next search would find it */
    ffisan_cheap_each_live(list, mark);
}

/* ---- Addresses of something else ------------------------------------------------------------ */

static void search_block(void *context, const struct ffisan_slot_ref *ref)
{
    ffisan_leaks_search_words(context, ref->block, ref->block + ffisan_slot_size(ref),
                              FFISAN_LEAKS_REACHABLE);
}

void ffisan_leaks_mark_addresses_in_c(struct ffisan_leaks_mark *mark)
{
    ffisan_leaks_search_process(mark);
    ffisan_cheap_each_live(search_block, mark);
}

void ffisan_leaks_mark_addresses_in_lua(struct ffisan_leaks_mark *mark)
{
    ffisan_heap_each_live(&mark->state->heap, ffisan_leaks_search_object, mark);
    ffisan_leaks_mark_ending(mark);
}
