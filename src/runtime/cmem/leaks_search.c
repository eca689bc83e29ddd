/* SPDX-License-Identifier: MIT */
#include "runtime/cmem/leaks_search.h"

#include "base/io.h"
#include "base/pages.h"
#include "runtime/cmem/cheap.h"
#include "runtime/cmem/cholder.h"
#include "runtime/cmem/listed.h"
#include "runtime/cmem/reach.h"
#include "runtime/heap/scan.h"
#include "runtime/state.h"

#include <string.h>

#define PAGE FFISAN_PAGE_SIZE
#define PAGES_AT_ONCE 512u
#define FINDING 16                  /* what it costs to find a block, as if it were words */
#define PRESENT (UINT64_C(3) << 62) /* in a word of /proc/self/pagemap: in memory or swapped */

/* ---- Words ---------------------------------------------------------------------------------- */

void ffisan_leaks_reach(struct ffisan_leaks_mark *mark, uintptr_t address, uint8_t how)
{
    struct ffisan_slot_ref ref;
    if (mark->found) {
        mark->found(mark->context, address);
        return;
    }
    if (!ffisan_cheap_find_live(address, &ref))
        return;
    struct ffisan_cnote *note = ffisan_cheap_note(&ref);
    if (note->is_marked == FFISAN_LEAKS_LOST && ref.block != mark->lost_one)
        note->is_marked = how; /* its own words have been followed */
    if (note->is_marked != FFISAN_LEAKS_UNMARKED)
        return;
    if (mark->n_pending == mark->max_pending) {
        mark->is_full = true;
        return;
    }
    note->is_marked = how;
    mark->n_words += FINDING;
    mark->pending[mark->n_pending++] = ref.block;
}

/* What is left of [words, end) from where a word may lead to a block, a piece at a time. */
static const uint64_t *skip(const struct ffisan_leaks_mark *mark, const uint64_t *words,
                            const uint64_t *end)
{
    enum { PIECE = 4096, WORTH_IT = 32 };
    const struct ffisan_scan_range blocks = {mark->low, mark->low + mark->size, false},
                                   none = {0, 0, false};
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
bool ffisan_leaks_is_root(const struct ffisan_leaks_mark *mark, const uint64_t *word)
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
void ffisan_leaks_search_words(struct ffisan_leaks_mark *mark, uintptr_t low, uintptr_t high,
                               uint8_t how)
{
    enum { PIECE = 64 };
    if (mark->is_encoded) {
        ffisan_leaks_search_encoded(mark, low, high, how);
        return;
    }
    const uint64_t *words =
        (const uint64_t *)(((low + 7 - mark->phase) & ~(uintptr_t)7) + mark->phase);
    const uint64_t *end = (const uint64_t *)(((high - mark->phase) & ~(uintptr_t)7) + mark->phase);
    if (words < end)
        mark->n_words += (uint64_t)(end - words);
    while ((words = skip(mark, words, end)) < end) {
        const uint64_t *stop = end - words < PIECE ? end : words + PIECE;
        for (; words < stop; words++)
            if (__builtin_expect(word_at(words) - mark->low < mark->size, 0) &&
                ffisan_leaks_is_root(mark, words))
                ffisan_leaks_reach(mark, word_at(words), how);
    }
}

/* At all phases, once any but 0 has been searched. */
void ffisan_leaks_search_block(struct ffisan_leaks_mark *mark, uintptr_t block, size_t size,
                               uint8_t how)
{
    unsigned phase = mark->phase;
    for (mark->phase = 0; mark->phase < (phase ? 8u : 1u); mark->phase++)
        ffisan_leaks_search_words(mark, block, block + size, how);
    mark->phase = phase;
}

void ffisan_leaks_follow(struct ffisan_leaks_mark *mark, uint8_t how)
{
    struct ffisan_slot_ref ref;
    while (mark->n_pending > 0) {
        uintptr_t block = mark->pending[--mark->n_pending];
        if (ffisan_cheap_find_live(block, &ref))
            ffisan_leaks_search_block(mark, block, ffisan_slot_size(&ref), how);
    }
}

/* ---- Lua ------------------------------------------------------------------------------------ */

/* Addresses as text: "0x7f12345678ab", what tostring(cdata) has in it, and decimal ones. */
static void reach_digits(struct ffisan_leaks_mark *mark, const char *text, size_t size)
{
    enum { FEWEST = 8 };
    uintptr_t number = 0, decimal = 0;
    unsigned n = 0;
    for (size_t i = 0; i <= size; i++) {
        unsigned char c = i < size ? (unsigned char)text[i] : 0, letter = c | 0x20;
        bool is_digit = c >= '0' && c <= '9', is_letter = letter >= 'a' && letter <= 'f';
        if (is_digit || is_letter) {
            number = number << 4 | (is_digit ? c - '0' + 0u : letter - 'a' + 10u);
            decimal = is_digit ? decimal * 10 + (c - '0') : 0;
            n++;
            continue;
        }
        if (n >= FEWEST) {
            ffisan_leaks_reach(mark, number, FFISAN_LEAKS_REACHABLE);
            ffisan_leaks_reach(mark, decimal, FFISAN_LEAKS_REACHABLE);
        }
        n = 0;
        number = decimal = 0;
    }
}

/* Lua keeps addresses as light userdata as well, with its upper bits numbered, and as numbers. */
void ffisan_leaks_reach_value(struct ffisan_leaks_mark *mark, uint64_t word)
{
    const uint64_t low_bits = (UINT64_C(1) << 39) - 1;
    double number;
    memcpy(&number, &word, sizeof(number));
    if (lj_tv_type(word) == LJ_IT_LIGHTUD) {
        uintptr_t top = mark->low + mark->size - 1;
        ffisan_leaks_reach(mark, (mark->low & ~low_bits) | (word & low_bits),
                           FFISAN_LEAKS_REACHABLE);
        ffisan_leaks_reach(mark, (top & ~low_bits) | (word & low_bits), FFISAN_LEAKS_REACHABLE);
    } else if (number >= (double)mark->low && number <= (double)(mark->low + mark->size)) {
        ffisan_leaks_reach(mark, (uintptr_t)number, FFISAN_LEAKS_REACHABLE);
    }
}

static bool is_cdata(const struct ffisan_slot_ref *ref)
{
    return ref->span->group != FFISAN_GROUP_INTERNAL &&
           (ref->slot->type & FFISAN_SLOT_TYPE_MASK) == LJ_GCT_CDATA;
}

void ffisan_leaks_search_object(void *context, const struct ffisan_slot_ref *ref)
{
    struct ffisan_leaks_mark *mark = context;
    const uint64_t *words = (const uint64_t *)ref->block;
    if (is_cdata(ref)) {
        bool is_beyond = ffisan_reach_is_beyond(mark->reach, ref);
        if (is_beyond && mark->phase == 0 && !mark->is_encoded)
            ffisan_cholder_note_loss(mark->state, ref);
        if (!is_beyond)
            ffisan_leaks_search_words(mark, ref->block, ref->block + ffisan_slot_size(ref),
                                      FFISAN_LEAKS_REACHABLE);
        return; /* no Lua values lie in there */
    }
    if (mark->phase != 0 || mark->is_encoded) {
        ffisan_leaks_search_words(mark, ref->block, ref->block + ffisan_slot_extent(ref),
                                  FFISAN_LEAKS_REACHABLE);
        return;
    }
    size_t n = ffisan_slot_extent(ref) / 8; /* the size of what C cannot reach is not known */
    if ((ref->slot->type & FFISAN_SLOT_TYPE_MASK) == LJ_GCT_STR)
        reach_digits(mark, (const char *)ref->block, n * 8);
    mark->n_words += n;
    for (size_t i = 0; i < n; i++) {
        if (words[i] - mark->low < mark->size)
            ffisan_leaks_reach(mark, words[i], FFISAN_LEAKS_REACHABLE);
        else if (words[i] >> 47 != 0)
            ffisan_leaks_reach_value(mark, words[i]);
    }
}

/* ---- The process ---------------------------------------------------------------------------- */

/* To ask the kernel costs as much as to read some pages. */
#define WORTH_ASKING (64u * PAGE)

static void search_present_pages(struct ffisan_leaks_mark *mark, uintptr_t low, uintptr_t high,
                                 bool is_file)
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
            if (i >= got / 8 ? !is_file : (entries[i] & PRESENT) != 0)
                ffisan_leaks_search_words(mark, from, to, FFISAN_LEAKS_REACHABLE);
        }
        low = (low & ~(uintptr_t)(PAGE - 1)) + n * PAGE;
    }
}

static void search_range(struct ffisan_leaks_mark *mark, uintptr_t low, uintptr_t high,
                         bool is_file)
{
    mark->is_in_process = true;
    if (is_file || high - low >= WORTH_ASKING)
        search_present_pages(mark, low, high, is_file);
    else
        ffisan_leaks_search_words(mark, low, high, FFISAN_LEAKS_REACHABLE);
    mark->is_in_process = false;
}

/* A mapping without what is ours in it: neighbours are listed as one. */
void ffisan_leaks_search_mapping(void *context, const struct ffisan_mapping *mapping)
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
            search_range(mark, low, high, mapping->is_file);
        low = found ? own.high : high;
    }
}

__attribute__((noinline)) void ffisan_leaks_search_process(struct ffisan_leaks_mark *mark)
{
    __builtin_unwind_init(); /* registers that our callers keep for theirs go to the stack */
    mark->stack = (uintptr_t)__builtin_frame_address(0) - 512;
    if (!ffisan_maps_each(ffisan_leaks_search_mapping, mark))
        mark->is_complete = false;
}
