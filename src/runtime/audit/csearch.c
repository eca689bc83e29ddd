/* SPDX-License-Identifier: MIT */
/*
 * Memory of C can go away or be closed at any moment, by dlclose or mprotect in another thread: it
 * is read under a guard, a page at a time, and a page that cannot be read is left out.
 */
#include "runtime/audit/csearch.h"

#include "base/io.h"
#include "base/pages.h"
#include "base/tasks.h"
#include "runtime/audit/lead.h"
#include "runtime/cmem/cheap.h"
#include "runtime/cmem/listed.h"
#include "runtime/cmem/mappings.h"
#include "runtime/cmem/maps.h"
#include "runtime/cmem/registrations.h"
#include "runtime/cmem/segments.h"
#include "runtime/fault/guard.h"
#include "runtime/fault/signals.h"
#include "runtime/heap/scan.h"
#include "runtime/state.h"
#include "runtime/vm/cstack.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/single_threaded.h>
#include <time.h>

#define PAGE FFISAN_PAGE_SIZE
#define WINDOW_PAGES 1024u /* looked at by one call */

/*
 * What the searches of a state may cost, in bytes that lead nowhere; a microsecond takes 20,000 of
 * them.  A word that leads somewhere costs as much as some hundred.
 */
#define NATURAL_CREDIT ((uint64_t)64 << 20) /* for cycles that the program has by itself */
#define FORCED_CREDIT ((uint64_t)1 << 30)   /* for those that are forced to look */
#define CREDIT_PER_ALLOCATION 8
#define COST_OF_LEAD 200
#define COST_OF_WINDOW 131072

/* A piece of memory under search: a fault goes on from there. */
struct piece {
    struct ffisan_audit *audit;
    uintptr_t at, end;
    enum ffisan_slot_kind kind;
    bool is_brk;
    unsigned step;               /* from one word to the next that is looked at; 0: its own size */
    struct ffisan_holder holder; /* in which all of it lies; without a block: each word is one */
};

/* [place, end) of whole words. */
static void search_words(struct piece *piece, uintptr_t place, uintptr_t end)
{
    struct ffisan_holder holder = piece->holder;
    for (; place < end; place += 8) {
        uint64_t word = __atomic_load_n((const uint64_t *)place, __ATOMIC_RELAXED);
        if (!ffisan_lead_is_one(piece->audit, word) ||
            (piece->holder.block == 0 && ffisan_listed_is_searched_apart(place, piece->is_brk)))
            continue;
        if (piece->holder.block == 0)
            holder.block = holder.payload = place;
        holder.offset = (uint32_t)(place - holder.payload);
        ffisan_lead_follow(piece->audit, word, piece->kind, &holder);
    }
}

static void search_page(struct piece *piece, size_t size)
{
    uintptr_t place = piece->at, end = piece->at + size;
    while (place < end) {
        place += ffisan_lead_skip(piece->audit, place, end - place);
        uintptr_t next = end - place < FFISAN_SCAN_STEP ? end : place + FFISAN_SCAN_STEP;
        search_words(piece, place, next);
        place = next;
    }
}

/* Words between those of search_page: in packed structs.  The last may reach into the next page. */
static void search_between(struct piece *piece, size_t size)
{
    struct ffisan_holder holder = piece->holder;
    for (uintptr_t start = piece->at + piece->step; start < piece->at + 8; start += piece->step) {
        size_t n_bytes = piece->end - start < size ? piece->end - start : size;
        if (piece->end <= start || !ffisan_lead_is_any(piece->audit, start, n_bytes))
            continue;
        for (uintptr_t place = start; place + 8 <= start + n_bytes; place += 8) {
            uint64_t word;
            memcpy(&word, (const void *)place, sizeof(word));
            if (!ffisan_lead_is_one(piece->audit, word))
                continue;
            holder.offset = (uint32_t)(place - holder.payload);
            ffisan_lead_follow(piece->audit, word, piece->kind, &holder);
        }
    }
}

/* Also a word that begins in these bytes and reaches into the next page. */
static bool may_be_anywhere(const struct piece *piece, size_t size)
{
    size_t left = piece->end - piece->at;
    return ffisan_lead_may_be_anywhere(piece->audit, piece->at, left - size < 8 ? left : size + 8);
}

static void search_pages(void *argument)
{
    struct piece *piece = argument;
    while (piece->at < piece->end) {
        size_t size = PAGE - piece->at % PAGE;
        if (size > piece->end - piece->at)
            size = piece->end - piece->at;
        if (piece->step != 1 || may_be_anywhere(piece, size)) {
            search_page(piece, size);
            if (piece->step)
                search_between(piece, size);
        }
        piece->at += size;
    }
}

static void search_guarded(struct piece *piece)
{
    enum { MOST_HOLES = 256 };
    piece->audit->state->audit.c_bytes += piece->end - piece->at;
    for (unsigned n = 0; n < MOST_HOLES && !ffisan_guard_run(search_pages, piece); n++)
        piece->at = (piece->at | (PAGE - 1)) + 1;
}

/*
 * Large memory is often hardly used: what was never written has no pages, and must not get any by
 * being read.  The kernel says which there are, a window at a time; those that are swapped out are
 * left out as well.
 */
static void search_large(struct piece *piece)
{
    uint8_t is_there[WINDOW_PAGES];
    int saved_errno = errno;
    uintptr_t end = piece->end, window = piece->at & ~(uintptr_t)(PAGE - 1);
    for (; window < end; window += WINDOW_PAGES * PAGE) {
        size_t n_pages = (end - window + PAGE - 1) / PAGE;
        if (n_pages > WINDOW_PAGES)
            n_pages = WINDOW_PAGES;
        piece->audit->state->audit.c_bytes += COST_OF_WINDOW;
        if (mincore((void *)window, n_pages * PAGE, is_there) != 0)
            memset(is_there, 1, n_pages);
        for (size_t i = 0, next; i < n_pages; i = next) {
            for (next = i + 1; next < n_pages && (is_there[next] & 1) == (is_there[i] & 1); next++)
                ;
            uintptr_t from = window + i * PAGE, to = window + next * PAGE;
            piece->at = from > piece->at ? from : piece->at;
            piece->end = to < end ? to : end;
            if (is_there[i] & 1)
                search_guarded(piece);
        }
    }
    errno = saved_errno;
}

/* What holds no whole page is never without access. */
static void search_piece(struct piece *piece)
{
    uintptr_t size = piece->end - piece->at;
    if (size < PAGE) {
        piece->audit->state->audit.c_bytes += size;
        search_pages(piece);
    } else if (size < WINDOW_PAGES * PAGE) {
        search_guarded(piece);
    } else {
        search_large(piece);
    }
}

static void search_segment(struct ffisan_audit *audit, const struct ffisan_segment *segment,
                           uintptr_t stack)
{
    bool is_stack = stack - segment->start < segment->end - segment->start;
    struct piece piece = {.audit = audit,
                          .at = segment->start,
                          .end = segment->end,
                          .is_brk = segment->kind == FFISAN_SEGMENT_BRK,
                          .kind = is_stack ? FFISAN_SLOT_INTEGER : FFISAN_SLOT_POINTER,
                          .holder = {.kind = FFISAN_HOLDER_C_VARIABLE, .size = 8}};
    search_piece(&piece);
}

/* ---- Memory from malloc --------------------------------------------------------------------- */

/* Not by the program itself: such a cycle may cost more. */
static bool is_asked_for(const struct ffisan_state *state)
{
    enum ffisan_gc gc = state->schedule.gc;
    return gc == FFISAN_GC_ALLOC || gc == FFISAN_GC_LINE || state->schedule.is_forcing ||
           state->lines.is_collecting;
}

/* Of how large a block words are looked at that lie anywhere; or at multiples of 4. */
#define ANYWHERE_BYTES 4096u
#define HALFWAY_BYTES 65536u

struct heap_search {
    struct ffisan_audit *audit;
    uintptr_t stack;
    bool is_between;
};

static unsigned step_in(const struct heap_search *search, size_t size)
{
    if (!search->is_between)
        return 0;
    return size <= ANYWHERE_BYTES ? 1 : size <= HALFWAY_BYTES ? 4 : 0;
}

static size_t cost_of_steps(unsigned step, size_t size)
{
    return step ? size * (8 / step - 1) : 0;
}

static void search_block(void *context, const struct ffisan_slot_ref *ref)
{
    enum { COST_OF_BLOCK = 100 };
    const struct heap_search *search = context;
    size_t size = ffisan_slot_size(ref);
    if (size > UINT32_MAX)
        size = UINT32_MAX;
    bool is_stack = search->stack - ref->block < size;
    struct piece piece = {.audit = search->audit,
                          .at = ref->block,
                          .end = (ref->block + size) & ~(uintptr_t)7,
                          .kind = is_stack ? FFISAN_SLOT_INTEGER : FFISAN_SLOT_POINTER,
                          .step = step_in(search, size),
                          .holder = {.block = ref->block,
                                     .payload = ref->block,
                                     .size = (uint32_t)size,
                                     .made = ref->slot->stack,
                                     .kind = FFISAN_HOLDER_MALLOC}};
    search->audit->state->audit.c_bytes += COST_OF_BLOCK + cost_of_steps(piece.step, size);
    search_piece(&piece);
}

static void search_mapping(void *context, const struct ffisan_mapped *mapped)
{
    const struct heap_search *search = context;
    size_t size = mapped->size < UINT32_MAX ? mapped->size : UINT32_MAX & ~(PAGE - 1);
    if (ffisan_region_find(mapped->low) || search->stack - mapped->low < size)
        return;
    struct piece piece = {.audit = search->audit,
                          .at = mapped->low,
                          .end = mapped->low + size,
                          .kind = FFISAN_SLOT_POINTER,
                          .step = step_in(search, size),
                          .holder = {.block = mapped->low,
                                     .payload = mapped->low,
                                     .size = (uint32_t)size,
                                     .made = mapped->made,
                                     .kind = FFISAN_HOLDER_MALLOC}};
    search->audit->state->audit.c_bytes += cost_of_steps(piece.step, size);
    search_piece(&piece);
}

/* False when it is in use by this thread: by a call of malloc that is interrupted. */
static bool search_heap(struct ffisan_audit *audit, uintptr_t stack)
{
    struct ffisan_audit_stats *stats = &audit->state->audit;
    struct heap_search search = {
        .audit = audit, .stack = stack, .is_between = is_asked_for(audit->state)};
    if (search.is_between)
        stats->last_between = audit->number;
    else if (stats->last_between > 0)
        ffisan_standins_keep(audit->state, stats->last_between, audit->number);
    ffisan_mappings_each_plain(search_mapping, &search);
    if (!ffisan_cheap_lock())
        return false;
    ffisan_cheap_each_live(search_block, &search);
    ffisan_cheap_unlock();
    return true;
}

/* ---- What the kernel has --------------------------------------------------------------------- */

static void search_registration(void *context, struct ffisan_registration *registration)
{
    const struct ffisan_holder holder = {.block = (uintptr_t)&registration->word,
                                         .payload = (uintptr_t)&registration->word,
                                         .size = 8,
                                         .made = registration->made,
                                         .kind = FFISAN_HOLDER_KERNEL};
    uint64_t word = __atomic_load_n(&registration->word, __ATOMIC_ACQUIRE);
    if (ffisan_lead_is_one(context, word))
        ffisan_lead_follow(context, word, FFISAN_SLOT_POINTER, &holder);
}

static void search_held(void *context, uint64_t word)
{
    const struct ffisan_holder holder = {.kind = FFISAN_HOLDER_KERNEL, .size = 8};
    if (ffisan_lead_is_one(context, word))
        ffisan_lead_follow(context, word, FFISAN_SLOT_INTEGER, &holder);
}

/* ---- Other threads --------------------------------------------------------------------------- */

/* They run meanwhile: a word that comes and goes is seen by one of the searches or by none. */
static void search_other_stack(void *context, const struct ffisan_mapping *mapping)
{
    struct ffisan_audit *audit = context;
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    struct ffisan_pages_range own;
    bool is_ours = ffisan_pages_next_own(mapping->low, &own) && own.low < mapping->high;
    if (is_ours || here - mapping->low < mapping->high - mapping->low)
        return;
    struct piece piece = {.audit = audit,
                          .at = mapping->low,
                          .end = mapping->high,
                          .kind = FFISAN_SLOT_INTEGER,
                          .holder = {.kind = FFISAN_HOLDER_STACK, .size = 8}};
    search_large(&piece);
}

static void search_other_stacks(struct ffisan_audit *audit)
{
    enum { COST_OF_LIST = 1 << 20, COST_OF_THREAD = 1 << 17 };
    if (__libc_single_threaded)
        return;
    audit->state->audit.c_bytes += COST_OF_LIST;
    ffisan_maps_each_stack(search_other_stack, audit);
    audit->state->audit.c_bytes += ffisan_tasks_each_argument(search_held, audit) * COST_OF_THREAD;
}

/* ---- All of it ------------------------------------------------------------------------------ */

/*
 * Registers that hold variables of our callers are put on the stack first.  Returns false when not
 * everything could be searched.
 */
__attribute__((noinline)) static bool search_memory(struct ffisan_audit *audit)
{
    const struct ffisan_segment *segments;
    __builtin_unwind_init();
    uintptr_t here = (uintptr_t)__builtin_frame_address(0) & ~(uintptr_t)7;
    struct ffisan_segment stack = {.start = here, .end = ffisan_cstack_end(here)};
    size_t n = ffisan_segments_now((uintptr_t)audit->state->api->lua_newuserdata, &segments);
    for (size_t i = 0; i < n; i++)
        search_segment(audit, &segments[i], stack.start);
    search_segment(audit, &stack, stack.start);
    search_other_stacks(audit);
    return search_heap(audit, stack.start);
}

static bool is_due(const struct ffisan_state *state)
{
    const struct ffisan_audit_stats *stats = &state->audit;
    enum ffisan_gc gc = state->schedule.gc;
    uint64_t spent = stats->c_bytes + stats->c_followed * COST_OF_LEAD;
    uint64_t credit = state->heap.stats.n_taken * CREDIT_PER_ALLOCATION;
    if (gc == FFISAN_GC_ALLOC || gc == FFISAN_GC_LINE)
        return true;
    return spent <= credit + (is_asked_for(state) ? FORCED_CREDIT : NATURAL_CREDIT);
}

static uint64_t now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static void keep(struct ffisan_audit *audit)
{
    if (audit->state->audit.last_c_search > 0)
        ffisan_standins_keep(audit->state, audit->state->audit.last_c_search, audit->number);
    if (audit->state->audit.last_between > 0)
        ffisan_standins_keep(audit->state, audit->state->audit.last_between, audit->number);
}

void ffisan_csearch_run(struct ffisan_audit *audit)
{
    struct ffisan_audit_stats *stats = &audit->state->audit;
    stats->died_since_c_search |= audit->state->heap.stats.dead_bytes > 0;
    ffisan_registrations_each(search_registration, audit);
    ffisan_registrations_each_held(search_held, audit);
    if (!stats->died_since_c_search || ffisan_io_is_confined || !is_due(audit->state) ||
        !ffisan_signals_start()) {
        keep(audit);
        return;
    }
    uint64_t start = ffisan_runtime.options.stats ? now_ns() : 0, n_followed = stats->n_followed;
    if (!search_memory(audit))
        keep(audit);
    stats->n_c_searches++;
    stats->last_c_search = audit->number;
    stats->died_since_c_search = false;
    stats->c_followed += stats->n_followed - n_followed;
    stats->n_followed = n_followed; /* these do not count as leads of cdata */
    if (start)
        stats->c_ns += now_ns() - start;
}
