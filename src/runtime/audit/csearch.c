/* SPDX-License-Identifier: MIT */
/*
 * Memory of C can go away or be closed at any moment, by dlclose or mprotect in another thread: it
 * is read under a guard, a page at a time, and a page that cannot be read is left out.
 */
#include "runtime/audit/csearch.h"

#include "base/pages.h"
#include "runtime/audit/lead.h"
#include "runtime/cmem/segments.h"
#include "runtime/fault/guard.h"
#include "runtime/fault/signals.h"
#include "runtime/state.h"

#include <sys/auxv.h>
#include <time.h>

#define PAGE FFISAN_PAGE_SIZE

/*
 * What the searches of a state may cost, in bytes that lead nowhere; a microsecond takes 20,000 of
 * them.  A word that leads somewhere costs as much as some hundred.
 */
#define NATURAL_CREDIT ((uint64_t)64 << 20) /* for cycles that the program has by itself */
#define FORCED_CREDIT ((uint64_t)1 << 30)   /* for those that are forced to look */
#define CREDIT_PER_ALLOCATION 16
#define COST_OF_LEAD 200

/* Where the search is: a fault goes on from there. */
struct search {
    struct ffisan_audit *audit;
    const struct ffisan_segment *segments;
    size_t n, i;
    uintptr_t at;    /* in segment i; 0 = at its start */
    uintptr_t stack; /* that we run on */
};

static void search_page(struct ffisan_audit *audit, uintptr_t start, size_t size,
                        enum ffisan_slot_kind kind)
{
    for (uintptr_t place = start; place < start + size; place += 8) {
        uint64_t word = __atomic_load_n((const uint64_t *)place, __ATOMIC_RELAXED);
        if (!ffisan_lead_is_one(audit, word))
            continue;
        struct ffisan_holder holder = {
            .block = place, .payload = place, .size = 8, .kind = FFISAN_HOLDER_C_VARIABLE};
        ffisan_lead_follow(audit, word, kind, &holder);
    }
}

static void search_segment(struct search *search, const struct ffisan_segment *segment)
{
    bool is_stack = search->stack - segment->start < segment->end - segment->start;
    enum ffisan_slot_kind kind = is_stack ? FFISAN_SLOT_INTEGER : FFISAN_SLOT_POINTER;
    if (search->at == 0)
        search->at = segment->start;
    while (search->at < segment->end) {
        size_t size = PAGE - search->at % PAGE;
        if (size > segment->end - search->at)
            size = segment->end - search->at;
        if (ffisan_lead_is_any(search->audit, search->at, size))
            search_page(search->audit, search->at, size, kind);
        search->at += size;
    }
    search->at = 0;
}

static void search_segments(void *argument)
{
    struct search *search = argument;
    for (; search->i < search->n; search->i++)
        search_segment(search, &search->segments[search->i]);
}

static void search_all(struct ffisan_audit *audit, const struct ffisan_segment *segments, size_t n,
                       uintptr_t stack)
{
    enum { MOST_HOLES = 256 };
    struct search search = {.audit = audit, .segments = segments, .n = n, .stack = stack};
    for (size_t i = 0; i < n; i++)
        audit->state->audit.c_bytes += segments[i].end - segments[i].start;
    for (unsigned holes = 0; !ffisan_guard_run(search_segments, &search) && holes < MOST_HOLES;
         holes++)
        search.at = (search.at | (PAGE - 1)) + 1;
}

/*
 * The stack that we run on, from the current frame up.  The main thread's ends with what the kernel
 * put there, that of another thread with its descriptor; where that of a coroutine of C ends is not
 * known.
 */
static struct ffisan_segment our_stack(uintptr_t here)
{
    enum { DEEPEST = 64 << 20, DEEPEST_UNKNOWN = 64 << 10 };
    uintptr_t ends[] = {(uintptr_t)pthread_self(), (uintptr_t)getauxval(AT_RANDOM)};
    uintptr_t end = here + DEEPEST_UNKNOWN;
    for (unsigned i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
        if (ends[i] - here < DEEPEST)
            end = ends[i];
    return (struct ffisan_segment){.start = here & ~(uintptr_t)7, .end = end & ~(uintptr_t)7};
}

/* Registers that hold variables of our callers are put on the stack first. */
__attribute__((noinline)) static void search_memory(struct ffisan_audit *audit)
{
    const struct ffisan_segment *segments;
    __builtin_unwind_init();
    struct ffisan_segment stack = our_stack((uintptr_t)__builtin_frame_address(0));
    size_t n = ffisan_segments_now((uintptr_t)audit->state->api->lua_newuserdata, &segments);
    search_all(audit, segments, n, stack.start);
    search_all(audit, &stack, 1, stack.start);
}

static bool is_due(const struct ffisan_state *state)
{
    const struct ffisan_audit_stats *stats = &state->audit;
    enum ffisan_gc gc = state->schedule.gc;
    bool is_forced = state->schedule.is_forcing || state->lines.is_collecting;
    uint64_t spent = stats->c_bytes + stats->c_followed * COST_OF_LEAD;
    uint64_t credit = state->heap.stats.n_allocs * CREDIT_PER_ALLOCATION;
    if (gc == FFISAN_GC_ALLOC || gc == FFISAN_GC_LINE)
        return true;
    return spent <= credit + (is_forced ? FORCED_CREDIT : NATURAL_CREDIT);
}

static uint64_t now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

void ffisan_csearch_run(struct ffisan_audit *audit)
{
    struct ffisan_audit_stats *stats = &audit->state->audit;
    if (!is_due(audit->state) || !ffisan_signals_start()) {
        if (stats->last_c_search > 0)
            ffisan_standins_keep(audit->state, stats->last_c_search, audit->number);
        return;
    }
    uint64_t start = ffisan_runtime.options.stats ? now_ns() : 0, n_followed = stats->n_followed;
    search_memory(audit);
    stats->n_c_searches++;
    stats->last_c_search = audit->number;
    stats->c_followed += stats->n_followed - n_followed;
    stats->n_followed = n_followed; /* these do not count as leads of cdata */
    if (start)
        stats->c_ns += now_ns() - start;
}
