/* SPDX-License-Identifier: MIT */
/*
 * A search is worth its cost when a cdata that led to C memory has died: then something may be
 * lost.  What is lost otherwise (a pointer that was overwritten, one that never was in a cdata) is
 * found by later searches, and by the last.
 *
 * The budget is in bytes that are searched: some to begin with, so that short programs are looked
 * at early, then it grows with what the program allocates.  The last search is free.
 */
#include "runtime/cmem/leaks.h"

#include "base/io.h"
#include "base/others.h"
#include "runtime/cmem/cheap.h"
#include "runtime/cmem/listed.h"
#include "runtime/cmem/cholder.h"
#include "runtime/cmem/ctraces.h"
#include "runtime/cmem/leaks_mark.h"
#include "runtime/cmem/leaks_report.h"
#include "runtime/cmem/reach.h"
#include "runtime/cmem/thread.h"
#include "runtime/fault/guard.h"
#include "runtime/report/report.h"
#include "runtime/state.h"

#include <string.h>
#include <sys/single_threaded.h>

#define FIRST_BUDGET ((int64_t)48 << 20)
#define SEARCH_ITSELF (256 << 10) /* what it costs besides, as if it were bytes */
#define PER_ALLOCATION 8    /* of the Lua heap, bytes; an eighth of both without forced cycles */
#define PER_C_ALLOCATION 48 /* bytes */

static struct {
    struct ffisan_leaks_stats stats;
    int64_t budget;
    bool has_begun;
    uint64_t lua_allocs, c_allocs; /* when the budget was last counted */
} leaks;                           /* guarded by ffisan_runtime.lock */

static bool is_due(struct ffisan_state *state)
{
    uint64_t c_allocs = ffisan_cheap_n_allocs(), lua_allocs = state->heap.stats.n_taken;
    bool is_natural = ffisan_runtime.options.gc == FFISAN_GC_NATURAL;
    int64_t share = is_natural ? 8 : 1;
    if (!leaks.has_begun)
        leaks.budget = is_natural ? 0 : FIRST_BUDGET;
    leaks.has_begun = true;
    if (lua_allocs > leaks.lua_allocs)
        leaks.budget += (int64_t)(lua_allocs - leaks.lua_allocs) * PER_ALLOCATION / share;
    leaks.budget += (int64_t)(c_allocs - leaks.c_allocs) * PER_C_ALLOCATION / share;
    leaks.lua_allocs = lua_allocs;
    leaks.c_allocs = c_allocs;
    if (!ffisan_cheap_has_live())
        return false;
    return leaks.budget > 0 && ffisan_cholder_lost_something(state);
}

/* Is there anything that can be known to be lost? */
static bool is_watching(void)
{
    return ffisan_runtime.options.leaks && ffisan_runtime.options.malloc &&
           ffisan_cheap_has_live() && ffisan_listed_is_certain();
}

static void search(void *argument)
{
    struct ffisan_leaks_mark *mark = argument;
    ffisan_leaks_mark(mark);
}

static void search_kept(void *argument)
{
    struct ffisan_leaks_mark *mark = argument;
    ffisan_leaks_mark_kept(mark);
}

void ffisan_leaks_note_kept(struct ffisan_state *state)
{
    struct ffisan_leaks_mark mark = {.state = state, .is_first = true};
    if (ffisan_io_is_confined || !is_watching() || !ffisan_cheap_lock())
        return;
    ffisan_leaks_mark_begin(&mark);
    if (mark.is_possible)
        ffisan_guard_run(search_kept, &mark);
    ffisan_leaks_mark_end(&mark);
    ffisan_cheap_unlock();
}

static void search_library(void *argument)
{
    struct ffisan_leaks_mark *mark = argument;
    ffisan_leaks_mark_library(mark);
}

void ffisan_leaks_library_goes(const struct ffisan_leaks_range *ranges, unsigned n)
{
    struct ffisan_leaks_mark mark = {.ranges = ranges, .n_ranges = n};
    if (n == 0 || !is_watching() || !ffisan_lock_take(&ffisan_runtime.lock))
        return;
    bool was_busy = ffisan_thread.is_busy;
    ffisan_thread.is_busy = true;
    if (ffisan_cheap_lock()) {
        ffisan_leaks_mark_begin(&mark);
        if (mark.is_possible)
            ffisan_guard_run(search_library, &mark);
        ffisan_leaks_mark_end(&mark);
        ffisan_cheap_unlock();
    }
    ffisan_thread.is_busy = was_busy;
    ffisan_lock_give(&ffisan_runtime.lock);
}

void ffisan_leaks_library_went(bool is_gone)
{
    if (!is_watching() || !ffisan_cheap_lock())
        return;
    ffisan_leaks_decide_library(is_gone);
    ffisan_cheap_unlock();
}

static void search_addresses_in_c(void *argument)
{
    ffisan_leaks_mark_addresses_in_c(argument);
}

static void search_addresses_in_lua(void *argument)
{
    ffisan_leaks_mark_addresses_in_lua(argument);
}

bool ffisan_leaks_find_addresses(struct ffisan_state *state, enum ffisan_leaks_where where,
                                 uintptr_t low, size_t size,
                                 void (*found)(void *context, uintptr_t address), void *context)
{
    struct ffisan_leaks_mark mark = {.state = state,
                                     .low = low,
                                     .size = size,
                                     .found = found,
                                     .context = context,
                                     .is_first = true};
    if (ffisan_io_is_confined || !ffisan_cheap_lock())
        return false;
    struct ffisan_reach reach = {0};
    if (!state->is_ending && where == FFISAN_LEAKS_IN_LUA)
        ffisan_reach_begin(&reach, state);
    mark.reach = &reach;
    bool done = ffisan_guard_run(
        where == FFISAN_LEAKS_IN_C ? search_addresses_in_c : search_addresses_in_lua, &mark);
    ffisan_cheap_unlock();
    ffisan_reach_end(&reach);
    return done && (where == FFISAN_LEAKS_IN_LUA || mark.is_complete);
}

static void report_lost(struct ffisan_state *state, const struct ffisan_leaks_mark *mark)
{
    for (uint32_t i = 0; i < mark->n_lost; i++) {
        leaks.stats.n_leaks++;
        leaks.stats.leaked_bytes += mark->lost[i].size;
        unsigned n_suppressed = ffisan_report_counts.n_suppressed;
        ffisan_leaks_report(state, &mark->lost[i]);
        if (ffisan_report_counts.n_suppressed == n_suppressed)
            ffisan_ctraces_add_lost(mark->lost[i].made, mark->lost[i].size);
    }
}

/* Notes the addresses at multiples of `step`. */
static void note_given(const unsigned char *bytes, size_t size, size_t step)
{
    struct ffisan_slot_ref ref;
    uintptr_t low, high, word;
    ffisan_cheap_bounds(&low, &high);
    for (size_t i = 0; i + sizeof(word) <= size; i += step) {
        memcpy(&word, bytes + i, sizeof(word));
        if (word - low < high - low && ffisan_cheap_find_live(word, &ref)) {
            struct ffisan_cnote *note = ffisan_cheap_note(&ref);
            if (note)
                note->is_given = 1;
        }
    }
}

/* Messages that have an address in them are short, or structs. */
void ffisan_leaks_note_given(const void *data, size_t size)
{
    enum { SHORT = 128, MOST_BYTES = 4096, PIECE = 512 };
    unsigned char bytes[PIECE];
    if (size < sizeof(uintptr_t) || !ffisan_runtime.options.leaks || !ffisan_cheap_has_live())
        return;
    size_t end = size < MOST_BYTES ? size : MOST_BYTES;
    for (size_t at = 0; at < end; at += PIECE) {
        size_t n = end - at < PIECE ? end - at : PIECE;
        if (!ffisan_guard_copy(bytes, (const char *)data + at, n))
            return;
        note_given(bytes, n, size <= SHORT ? 1 : sizeof(uintptr_t));
    }
}

static void note_losses(void *state)
{
    ffisan_cholder_note_losses(state);
}

/* A pointer may have moved from where the search had not been to where it had. */
static bool has_other_threads(void)
{
    return !__libc_single_threaded;
}

/* One search of everything; the C heap is locked. */
static void search_once(struct ffisan_leaks_mark *mark)
{
    ffisan_leaks_mark_begin(mark);
    bool done =
        mark->is_possible && ffisan_guard_run(search, mark) && mark->is_complete && !mark->is_full;
    leaks.stats.n_searches++;
    leaks.stats.n_words += mark->n_words;
    leaks.budget -= (int64_t)(mark->n_words * 8) + SEARCH_ITSELF;
    if (done)
        ffisan_leaks_mark_lost(mark);
    ffisan_leaks_mark_end(mark);
}

/* Two searches have found nothing that leads there: now nobody moves, and registers count. */
static void search_for_certain(struct ffisan_leaks_mark *mark)
{
    bool is_refused;
    struct ffisan_others *others = ffisan_others_stop(&is_refused);
    if (!others && !is_refused)
        return; /* the next search will try again */
    if (!others) {
        ffisan_report_degraded(
            "memory that may have been lost: the other threads could not be "
            "stopped to search what they have (ptrace)");
        return;
    }
    mark->is_tentative = false;
    mark->others = others;
    search_once(mark);
    ffisan_others_resume(others);
}

static void look(struct ffisan_state *state, bool is_last, const struct ffisan_reach *reach)
{
    struct ffisan_leaks_mark mark = {
        .state = state, .is_tentative = has_other_threads(), .is_last = is_last, .reach = reach};
    struct ffisan_leaks_mark certain = mark;
    if (!ffisan_cheap_lock())
        return;
    if (!is_last)
        ffisan_guard_run(note_losses, state);
    search_once(&mark);
    bool is_certain = mark.n_suspects == 0;
    if (!is_certain)
        search_for_certain(&certain);
    ffisan_cheap_unlock();
    report_lost(state, is_certain ? &mark : &certain);
}

/* Twice where one look is not enough, and until a look finds no more than it can list. */
static void look_for_the_last_time(struct ffisan_state *state)
{
    enum { MOST_LOOKS = 16 };
    struct ffisan_reach reach = {0};
    if (!state->is_ending)
        ffisan_reach_begin(&reach, state);
    if (has_other_threads())
        look(state, true, &reach);
    for (uint64_t n = 0, before = UINT64_MAX; n < MOST_LOOKS && leaks.stats.n_leaks != before;
         n++) {
        before = leaks.stats.n_leaks;
        look(state, true, &reach);
    }
    ffisan_reach_end(&reach);
    ffisan_leaks_list();
}

void ffisan_leaks_after_cycle(struct ffisan_state *state, bool is_last)
{
    if (!ffisan_runtime.options.leaks || !ffisan_runtime.options.malloc || ffisan_io_is_confined ||
        !ffisan_listed_is_certain() || !ffisan_lock_take(&ffisan_runtime.lock))
        return;
    bool was_busy = ffisan_thread.is_busy;
    ffisan_thread.is_busy = true;
    if (is_last && ffisan_cheap_has_live())
        look_for_the_last_time(state);
    else if (!is_last && is_due(state))
        look(state, false, NULL);
    ffisan_thread.is_busy = was_busy;
    ffisan_lock_give(&ffisan_runtime.lock);
}

/* A program that ends by exit does not close its states: what they have is still in use. */
__attribute__((destructor)) static void at_exit(void)
{
    struct ffisan_state *state = ffisan_thread_state();
    if (state && !state->is_ending)
        ffisan_leaks_after_cycle(state, true);
}

struct ffisan_leaks_stats ffisan_leaks_stats(void)
{
    return leaks.stats;
}
