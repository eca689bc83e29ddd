/* SPDX-License-Identifier: MIT */
/*
 * Roots are the writable private mappings of the process, page by page as far as they are in
 * memory, without our own; of this thread's stack, what is in use; the live blocks of all Lua
 * heaps; and where that is not enough, shared memory, and words that are not aligned.  A word that
 * leads anywhere into a block keeps it.
 */
#include "runtime/cmem/leaks_mark.h"

#include "base/io.h"
#include "base/others.h"
#include "base/pages.h"
#include "runtime/cmem/cheap.h"
#include "runtime/cmem/listed.h"
#include "runtime/cmem/cholder.h"
#include "runtime/cmem/ctraces.h"
#include "runtime/cmem/leaks.h"
#include "runtime/cmem/maps.h"
#include "runtime/cmem/reach.h"
#include "runtime/cmem/registrations.h"
#include "runtime/heap/scan.h"
#include "runtime/state.h"

#include <string.h>

#define PAGE FFISAN_PAGE_SIZE
#define PAGES_AT_ONCE 512u
#define FINDING 16                  /* what it costs to find a block, as if it were words */
#define PRESENT (UINT64_C(3) << 62) /* in a word of /proc/self/pagemap: in memory or swapped */

enum { UNMARKED, REACHABLE, LOST, LOST_WITH_ANOTHER };

static void unmark(void *context, const struct ffisan_slot_ref *ref)
{
    struct ffisan_leaks_mark *mark = context;
    struct ffisan_cnote *note = ffisan_cheap_note(ref);
    mark->max_pending++;
    if (note)
        note->is_marked = UNMARKED;
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

/* ---- Words ---------------------------------------------------------------------------------- */

static void reach(struct ffisan_leaks_mark *mark, uintptr_t address, uint8_t how)
{
    struct ffisan_slot_ref ref;
    if (mark->found) {
        mark->found(mark->context, address);
        return;
    }
    if (!ffisan_cheap_find_live(address, &ref))
        return;
    struct ffisan_cnote *note = ffisan_cheap_note(&ref);
    if (note->is_marked == LOST && ref.block != mark->lost_one)
        note->is_marked = how; /* its own words have been followed */
    if (note->is_marked != UNMARKED || mark->n_pending == mark->max_pending)
        return;
    note->is_marked = how;
    mark->n_words += FINDING;
    mark->pending[mark->n_pending++] = ref.block;
}

/* What is left of [words, end) from where a word may lead to a block, a piece at a time. */
static const uint64_t *skip(const struct ffisan_leaks_mark *mark, const uint64_t *words,
                            const uint64_t *end)
{
    enum { PIECE = 512, WORTH_IT = 32 };
    const struct ffisan_scan_range blocks = {mark->low, mark->low + mark->size}, none = {0, 0};
    while (end - words >= WORTH_IT) {
        size_t size = (size_t)(end - words) * 8;
        size = size < PIECE ? size : PIECE;
        size_t skipped = ffisan_scan_skip((uintptr_t)words, size, &blocks, &none);
        if (skipped == 0)
            break;
        words += skipped / 8;
    }
    return words;
}

/* Listed blocks lie among the memory of the process, but what is in them is not in use for that. */
static bool is_root(const struct ffisan_leaks_mark *mark, const uint64_t *word)
{
    return !mark->is_in_process || !ffisan_listed_covers((uintptr_t)word);
}

static uint64_t word_at(const uint64_t *place)
{
    uint64_t word;
    memcpy(&word, place, sizeof(word));
    return word;
}

/* Of a phase that is not 0, all that lies in there completely. */
static void search_words(struct ffisan_leaks_mark *mark, uintptr_t low, uintptr_t high, uint8_t how)
{
    enum { PIECE = 64 };
    const uint64_t *words =
        (const uint64_t *)(((low + 7 - mark->phase) & ~(uintptr_t)7) + mark->phase);
    const uint64_t *end = (const uint64_t *)(((high - mark->phase) & ~(uintptr_t)7) + mark->phase);
    if (words < end)
        mark->n_words += (uint64_t)(end - words);
    while ((words = skip(mark, words, end)) < end) {
        const uint64_t *stop = end - words < PIECE ? end : words + PIECE;
        for (; words < stop; words++)
            if (__builtin_expect(word_at(words) - mark->low < mark->size, 0) &&
                is_root(mark, words))
                reach(mark, word_at(words), how);
    }
}

/* At all phases, once any but 0 has been searched. */
static void search_block_at(struct ffisan_leaks_mark *mark, uintptr_t block, size_t size,
                            uint8_t how)
{
    unsigned phase = mark->phase;
    for (mark->phase = 0; mark->phase < (phase ? 8u : 1u); mark->phase++)
        search_words(mark, block, block + size, how);
    mark->phase = phase;
}

static void follow(struct ffisan_leaks_mark *mark, uint8_t how)
{
    struct ffisan_slot_ref ref;
    while (mark->n_pending > 0) {
        uintptr_t block = mark->pending[--mark->n_pending];
        if (ffisan_cheap_find_live(block, &ref))
            search_block_at(mark, block, ffisan_slot_size(&ref), how);
    }
}

/* ---- Lua ------------------------------------------------------------------------------------ */

/* Addresses as text: "0x7f12345678ab", and what tostring(cdata) has in it. */
static void reach_digits(struct ffisan_leaks_mark *mark, const char *text, size_t size)
{
    enum { FEWEST = 8 };
    uintptr_t number = 0;
    unsigned n = 0;
    for (size_t i = 0; i <= size; i++) {
        unsigned char c = i < size ? (unsigned char)text[i] : 0, letter = c | 0x20;
        if (c >= '0' && c <= '9')
            number = number << 4 | (c - '0');
        else if (letter >= 'a' && letter <= 'f')
            number = number << 4 | (letter - 'a' + 10u);
        else {
            if (n >= FEWEST)
                reach(mark, number, REACHABLE);
            n = 0;
            number = 0;
            continue;
        }
        n++;
    }
}

/* Lua keeps addresses as light userdata as well, with its upper bits numbered, and as numbers. */
static void reach_value(struct ffisan_leaks_mark *mark, uint64_t word)
{
    const uint64_t low_bits = (UINT64_C(1) << 39) - 1;
    double number;
    memcpy(&number, &word, sizeof(number));
    if (lj_tv_type(word) == LJ_IT_LIGHTUD) {
        uintptr_t top = mark->low + mark->size - 1;
        reach(mark, (mark->low & ~low_bits) | (word & low_bits), REACHABLE);
        reach(mark, (top & ~low_bits) | (word & low_bits), REACHABLE);
    } else if (number >= (double)mark->low && number <= (double)(mark->low + mark->size)) {
        reach(mark, (uintptr_t)number, REACHABLE);
    }
}

static bool is_cdata(const struct ffisan_slot_ref *ref)
{
    return ref->span->group != FFISAN_GROUP_INTERNAL &&
           (ref->slot->type & FFISAN_SLOT_TYPE_MASK) == LJ_GCT_CDATA;
}

static void search_object(void *context, const struct ffisan_slot_ref *ref)
{
    struct ffisan_leaks_mark *mark = context;
    const uint64_t *words = (const uint64_t *)ref->block;
    if (is_cdata(ref)) {
        if (ffisan_reach_is_beyond(mark->reach, ref))
            ffisan_cholder_note_loss(mark->state, ref);
        else
            search_words(mark, ref->block, ref->block + ffisan_slot_size(ref), REACHABLE);
        return; /* no Lua values lie in there */
    }
    size_t n = ffisan_slot_extent(ref) / 8; /* the size of what C cannot reach is not known */
    if ((ref->slot->type & FFISAN_SLOT_TYPE_MASK) == LJ_GCT_STR)
        reach_digits(mark, (const char *)ref->block, n * 8);
    mark->n_words += n;
    for (size_t i = 0; i < n; i++) {
        if (words[i] - mark->low < mark->size)
            reach(mark, words[i], REACHABLE);
        else if (words[i] >> 47 != 0)
            reach_value(mark, words[i]);
    }
}

/* ---- The process ---------------------------------------------------------------------------- */

/* To ask the kernel costs as much as to read some pages. */
#define WORTH_ASKING (64u * PAGE)

static void search_present_pages(struct ffisan_leaks_mark *mark, uintptr_t low, uintptr_t high)
{
    uint64_t entries[PAGES_AT_ONCE];
    while (low < high) {
        size_t n = (high - low + PAGE - 1) / PAGE;
        n = n < PAGES_AT_ONCE ? n : PAGES_AT_ONCE;
        size_t got = ffisan_io_read_file("/proc/self/pagemap", low / PAGE * 8, (char *)entries,
                                         n * sizeof(*entries));
        for (size_t i = 0; i < n; i++) {
            uintptr_t page = (low & ~(uintptr_t)(PAGE - 1)) + i * PAGE;
            uintptr_t from = page > low ? page : low, to = page + PAGE < high ? page + PAGE : high;
            if (i >= got / 8 || (entries[i] & PRESENT))
                search_words(mark, from, to, REACHABLE);
        }
        low = (low & ~(uintptr_t)(PAGE - 1)) + n * PAGE;
    }
}

static void search_range(struct ffisan_leaks_mark *mark, uintptr_t low, uintptr_t high)
{
    mark->is_in_process = true;
    if (high - low >= WORTH_ASKING)
        search_present_pages(mark, low, high);
    else
        search_words(mark, low, high, REACHABLE);
    mark->is_in_process = false;
}

/* A mapping without what is ours in it: neighbours are listed as one. */
static void search_mapping(void *context, const struct ffisan_mapping *mapping)
{
    struct ffisan_leaks_mark *mark = context;
    struct ffisan_pages_range own;
    uintptr_t low = mapping->low;
    mark->is_complete = true;
    if (mark->stack >= low && mark->stack < mapping->high)
        low = mark->is_first ? mapping->high : mark->stack;
    while (low < mapping->high) {
        bool found = ffisan_pages_next_own(low, &own) && own.low < mapping->high;
        uintptr_t high = found ? own.low : mapping->high;
        if (low < high)
            search_range(mark, low, high);
        low = found ? own.high : high;
    }
}

__attribute__((noinline)) static void search_process(struct ffisan_leaks_mark *mark)
{
    __builtin_unwind_init(); /* registers that our callers keep for theirs go to the stack */
    mark->stack = (uintptr_t)__builtin_frame_address(0) - 512;
    if (!ffisan_maps_each(search_mapping, mark))
        mark->is_complete = false;
}

static void search_registers(struct ffisan_leaks_mark *mark)
{
    size_t n;
    const uint64_t *words = ffisan_others_words(mark->others, &n);
    search_words(mark, (uintptr_t)words, (uintptr_t)(words + n), REACHABLE);
}

/* What another thread that runs Lua has made is for its own searches to judge. */
static bool is_for_another(const struct ffisan_leaks_mark *mark, const struct ffisan_ctrace *trace)
{
    return (mark->is_tentative || mark->others) && trace->state != mark->state;
}

/* If nothing leads to it, is that worth a word? */
static bool may_be_listed(const struct ffisan_leaks_mark *mark, const struct ffisan_slot_ref *ref)
{
    const struct ffisan_cnote *note = ffisan_cheap_note(ref);
    const struct ffisan_ctrace *trace = ffisan_ctraces_get(ref->slot->stack);
    return !note->is_kept && !note->is_of_library && !note->is_reported && trace &&
           trace->lua_stack && !is_for_another(mark, trace);
}

struct missing {
    const struct ffisan_leaks_mark *mark;
    bool found;
};

static void look_for_missing(void *context, const struct ffisan_slot_ref *ref)
{
    struct missing *missing = context;
    missing->found |=
        ffisan_cheap_note(ref)->is_marked == UNMARKED && may_be_listed(missing->mark, ref);
}

static bool is_any_missing(struct ffisan_leaks_mark *mark)
{
    struct missing missing = {.mark = mark};
    ffisan_cheap_each_live(look_for_missing, &missing);
    return missing.found;
}

static void search_reached(void *context, const struct ffisan_slot_ref *ref)
{
    struct ffisan_leaks_mark *mark = context;
    if (ffisan_cheap_note(ref)->is_marked == REACHABLE)
        search_words(mark, ref->block, ref->block + ffisan_slot_size(ref), REACHABLE);
}

static void search_cdata(void *context, const struct ffisan_slot_ref *ref)
{
    struct ffisan_leaks_mark *mark = context;
    if (is_cdata(ref) && !ffisan_reach_is_beyond(mark->reach, ref))
        search_words(mark, ref->block, ref->block + ffisan_slot_size(ref), REACHABLE);
}

/*
 * Before anything is called lost: memory that may be shared with other processes, which hardly ever
 * has pointers, and pointers of packed structs, which lie anywhere.
 */
static void search_unlikely(struct ffisan_leaks_mark *mark)
{
    if (!is_any_missing(mark))
        return;
    ffisan_maps_each_shared(search_mapping, mark);
    follow(mark, REACHABLE);
    for (mark->phase = 1; mark->phase < 8 && is_any_missing(mark); mark->phase++) {
        ffisan_cheap_each_live(search_reached, mark);
        search_process(mark);
        for (struct ffisan_state *state = ffisan_runtime.states; state; state = state->next)
            ffisan_heap_each_live(&state->heap, search_cdata, mark);
        follow(mark, REACHABLE);
    }
    mark->phase = 0;
}

static void search_registration(void *context, struct ffisan_registration *registration)
{
    search_words(context, (uintptr_t)&registration->word, (uintptr_t)(&registration->word + 1),
                 REACHABLE);
}

void ffisan_leaks_mark(struct ffisan_leaks_mark *mark)
{
    ffisan_registrations_each(search_registration, mark);
    if (mark->others)
        search_registers(mark);
    search_process(mark);
    for (struct ffisan_state *state = ffisan_runtime.states; state; state = state->next)
        ffisan_heap_each_live(&state->heap, search_object, mark);
    follow(mark, REACHABLE);
    if (mark->is_last)
        ffisan_leaks_mark_ending(mark);
    search_unlikely(mark);
}

static void keep(void *context, const struct ffisan_slot_ref *ref)
{
    struct ffisan_cnote *note = ffisan_cheap_note(ref);
    (void)context;
    note->is_kept = note->is_marked == REACHABLE;
}

void ffisan_leaks_mark_kept(struct ffisan_leaks_mark *mark)
{
    search_process(mark);
    follow(mark, REACHABLE);
    search_unlikely(mark);
    ffisan_cheap_each_live(keep, mark);
}

static void note_library(void *context, const struct ffisan_slot_ref *ref)
{
    struct ffisan_cnote *note = ffisan_cheap_note(ref);
    (void)context;
    note->may_be_of_library = note->is_marked == REACHABLE;
}

void ffisan_leaks_mark_library(struct ffisan_leaks_mark *mark)
{
    for (unsigned i = 0; i < mark->n_ranges; i++) { /* which may be our own: we are a module, too */
        const struct ffisan_mapping range = {mark->ranges[i].from, mark->ranges[i].to};
        search_mapping(mark, &range);
    }
    follow(mark, REACHABLE);
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
        reach(mark, word, REACHABLE);
    else if (word >> 47 != 0)
        reach_value(mark, word);
    follow(mark, REACHABLE);
}

/* ---- What is left --------------------------------------------------------------------------- */

/* Everything that an unmarked block leads to is lost with it, except itself. */
static void spread(void *context, const struct ffisan_slot_ref *ref)
{
    struct ffisan_leaks_mark *mark = context;
    struct ffisan_cnote *note = ffisan_cheap_note(ref);
    if (note->is_marked != UNMARKED)
        return;
    note->is_marked = LOST;
    mark->lost_one = ref->block;
    mark->phase = 1;
    search_block_at(mark, ref->block, ffisan_slot_size(ref), LOST_WITH_ANOTHER);
    follow(mark, LOST_WITH_ANOTHER);
    mark->phase = 0;
}

static void list(void *context, const struct ffisan_slot_ref *ref)
{
    struct ffisan_leaks_mark *mark = context;
    struct ffisan_cnote *note = ffisan_cheap_note(ref);
    if (note->is_marked == REACHABLE)
        note->is_suspect = 0;
    if (note->is_marked != LOST || !may_be_listed(mark, ref))
        return;
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
    search_words(context, ref->block, ref->block + ffisan_slot_size(ref), REACHABLE);
}

void ffisan_leaks_mark_addresses_in_c(struct ffisan_leaks_mark *mark)
{
    search_process(mark);
    ffisan_cheap_each_live(search_block, mark);
}

void ffisan_leaks_mark_addresses_in_lua(struct ffisan_leaks_mark *mark)
{
    ffisan_heap_each_live(&mark->state->heap, search_object, mark);
    ffisan_leaks_mark_ending(mark);
}
