/* SPDX-License-Identifier: MIT */
#include "runtime/cmem/cheap.h"

#include "base/lock.h"
#include "base/pages.h"
#include "runtime/cmem/ctraces_fast.h"
#include "runtime/cmem/finalizer.h"
#include "runtime/cmem/forget.h"
#include "runtime/cmem/ledger.h"
#include "runtime/cmem/listed.h"
#include "runtime/cmem/paged.h"
#include "runtime/cmem/position.h"
#include "runtime/cmem/segments.h"
#include "runtime/cmem/thread.h"
#include "runtime/heap/fast.h"
#include "runtime/report/report.h"
#include "runtime/state.h"
#include "runtime/vm/unwinder.h"

#include <string.h>
#include <sys/single_threaded.h>

#define PAGE FFISAN_PAGE_SIZE
#define IN_USE 1          /* type of a slot: a bit less to look for than in the bitmaps */
#define SPARE_PAGED 6144u /* blocks that may fault beyond the first of each place */
#define DENSE_SHARE 4     /* of the quarantine's budget; a quarter of that where speed counts */

static struct {
    struct ffisan_lock lock; /* when there are other threads */
    bool is_busy;            /* when there are none: we are inside */
    bool is_ready;
    bool is_stopped;          /* for good */
    struct ffisan_heap dense; /* with a ledger: its damage */
    uint64_t n_allocs, n_frees, n_notes_refused;
} cheap;

/* ---- Who is inside -------------------------------------------------------------------------- */

static inline bool enter(void)
{
    if (__builtin_expect(!__libc_single_threaded, 0))
        return ffisan_lock_take(&cheap.lock);
    if (cheap.is_busy)
        return false;
    cheap.is_busy = true;
    return true;
}

static inline void leave(void)
{
    cheap.is_busy = false;
    if (__builtin_expect(cheap.lock.owner != 0, 0))
        ffisan_lock_give(&cheap.lock);
}

bool ffisan_cheap_lock(void)
{
    return enter();
}

void ffisan_cheap_unlock(void)
{
    leave();
}

/* ---- Finding -------------------------------------------------------------------------------- */

bool ffisan_cheap_find(uintptr_t address, struct ffisan_slot_ref *ret_ref)
{
    return ffisan_heap_find(&cheap.dense, address, ret_ref) ||
           ffisan_heap_find(&ffisan_paged_heap, address, ret_ref) ||
           (ffisan_ledger_is_on && ffisan_ledger_find(address, ret_ref));
}

bool ffisan_cheap_find_live(uintptr_t address, struct ffisan_slot_ref *ret_ref)
{
    return ffisan_cheap_find(address, ret_ref) && ret_ref->slot->type != 0 &&
           ffisan_slot_state(ret_ref) == FFISAN_SLOT_LIVE &&
           !ffisan_heap_is_waiting(ret_ref->region->heap, ret_ref);
}

uint64_t ffisan_cheap_n_allocs(void)
{
    return cheap.n_allocs + ffisan_ledger_stats().n_listed;
}

bool ffisan_cheap_has_live(void)
{
    return ffisan_cheap_n_allocs() != cheap.n_frees + ffisan_ledger_stats().n_gone;
}

bool ffisan_cheap_is_paged(const struct ffisan_slot_ref *ref)
{
    return ref->region->heap == &ffisan_paged_heap;
}

struct ffisan_cnote *ffisan_cheap_note(const struct ffisan_slot_ref *ref)
{
    return ffisan_region_note(ref);
}

static void widen(const struct ffisan_heap *heap, uintptr_t *low, uintptr_t *high)
{
    for (const struct ffisan_region *region = heap->regions; region; region = region->next) {
        if (*high == 0 || region->base < *low)
            *low = region->base;
        if (region->base + region->size > *high)
            *high = region->base + region->size;
    }
}

void ffisan_cheap_bounds(uintptr_t *ret_low, uintptr_t *ret_high)
{
    *ret_low = *ret_high = 0;
    widen(&cheap.dense, ret_low, ret_high);
    widen(&ffisan_paged_heap, ret_low, ret_high);
    ffisan_ledger_widen(ret_low, ret_high);
}

void ffisan_cheap_each_live(void (*visit)(void *context, const struct ffisan_slot_ref *ref),
                            void *context)
{
    ffisan_heap_each_live(&cheap.dense, visit, context);
    ffisan_heap_each_live(&ffisan_paged_heap, visit, context);
    ffisan_ledger_each_live(visit, context);
}

struct ffisan_heap_stats ffisan_cheap_stats(void)
{
    return cheap.dense.stats;
}

/* ---- Allocating ----------------------------------------------------------------------------- */

static void say_stopped(void)
{
    static bool is_said;
    if (!__atomic_exchange_n(&is_said, true, __ATOMIC_RELAXED))
        ffisan_report_degraded(
            "a library was loaded with RTLD_DEEPBIND: memory of C is not watched");
}

void ffisan_cheap_stop(void)
{
    cheap.is_stopped = true;
    ffisan_ledger_doubt();
    if (cheap.is_ready)
        say_stopped();
    cheap.is_ready = false;
}

void ffisan_cheap_start(const struct ffisan_ledger_source *source)
{
    bool locked = ffisan_lock_take(&ffisan_runtime.lock);
    if (!cheap.is_ready && !cheap.is_stopped && ffisan_ctraces_start()) {
        bool is_natural = ffisan_runtime.options.gc == FFISAN_GC_NATURAL;
        size_t budget = ffisan_runtime.options.quarantine / DENSE_SHARE;
        ffisan_heap_init(&cheap.dense, is_natural ? budget / 4 : budget);
        cheap.dense.note_size = sizeof(struct ffisan_cnote);
        cheap.dense.forget = ffisan_forget_addresses;
        ffisan_segments_declare_own();
        cheap.is_ready = !source || ffisan_ledger_start(&cheap.dense, source);
        if (cheap.is_ready && !ffisan_ledger_is_in_doubt())
            ffisan_paged_start(sizeof(struct ffisan_cnote), is_natural ? 0 : SPARE_PAGED);
    }
    if (cheap.is_stopped)
        say_stopped();
    else if (!cheap.is_ready)
        ffisan_report_degraded("no memory for our books: memory of C is not watched");
    if (locked)
        ffisan_lock_give(&ffisan_runtime.lock);
}

/* Slots of a power of two are aligned to it. */
static size_t room_for(size_t size, size_t alignment)
{
    size_t room = alignment;
    if (alignment <= 16)
        return size;
    while (room < size + FFISAN_REDZONE_MIN)
        room *= 2;
    return room > FFISAN_SIZES_MAX ? room : room - FFISAN_REDZONE_MIN;
}

static void *alloc_dense(size_t size, size_t alignment, uint32_t trace,
                         struct ffisan_slot_ref *ret_ref)
{
    size_t room = room_for(size, alignment);
    if (cheap.dense.stats.dead_bytes > cheap.dense.quarantine_budget)
        ffisan_heap_release(&cheap.dense);
    void *block = ffisan_heap_alloc_fast(&cheap.dense, room, trace, ret_ref);
    if (block && room != size)
        ffisan_heap_shrink(&cheap.dense, block, size);
    return block;
}

/* From a bin that is full enough; NULL: ask alloc_slowly. */
static inline void *alloc_small(size_t size, uint32_t trace)
{
    struct ffisan_bin *bin = &cheap.dense.bins[FFISAN_GROUP_ANY][ffisan_sizes_find(size)];
    if (__builtin_expect(
            bin->bits == 0 || cheap.dense.stats.dead_bytes > cheap.dense.quarantine_budget, 0))
        return NULL;
    const struct ffisan_slot books = {.stack = trace, .type = IN_USE};
    return ffisan_bin_alloc(bin, FFISAN_GROUP_ANY, size, books);
}

/* With a ledger the bins are always empty. */
static __attribute__((noinline)) void *alloc_slowly(size_t size, size_t alignment, uint32_t trace,
                                                    uint32_t visits, uint32_t *ret_place)
{
    struct ffisan_slot_ref ref;
    void *block = NULL;
    if (ffisan_paged_is_due(visits) && !ffisan_ledger_is_in_doubt() &&
        ffisan_paged_wants(size, alignment, ffisan_ctraces_get(trace), visits))
        block = ffisan_paged_alloc(size, trace, &ref);
    if (!block && ffisan_ledger_is_on)
        *ret_place = trace;
    else if (!block)
        block = alloc_dense(size, alignment, trace, &ref);
    if (block)
        ref.slot->type = IN_USE;
    return block;
}

void *ffisan_cheap_alloc(struct ffisan_state *state, size_t size, size_t alignment, uintptr_t pc,
                         uintptr_t sp, uint32_t *ret_place)
{
    *ret_place = 0;
    if (!cheap.is_ready || size > PTRDIFF_MAX || alignment > FFISAN_SPAN_SIZE ||
        ffisan_thread.is_busy || ffisan_unwinder_is_caller(pc))
        return NULL;
    uint32_t trace = ffisan_ctraces_here(state, pc, sp);
    if (!enter())
        return NULL;
    void *block = NULL;
    uint32_t visits = ffisan_ctraces_visit(trace);
    if (__builtin_expect(!ffisan_paged_is_due(visits) && alignment <= 16, 1))
        block = alloc_small(size, trace);
    if (__builtin_expect(!block, 0))
        block = alloc_slowly(size, alignment, trace, visits, ret_place);
    cheap.n_allocs += block != NULL;
    leave();
    return block;
}

bool ffisan_cheap_resize(const struct ffisan_slot_ref *ref, size_t size)
{
    if (size + FFISAN_REDZONE_MIN > ffisan_slot_extent(ref) || !ffisan_cheap_lock())
        return false;
    bool done = ffisan_heap_check_redzone(ref->region->heap, ref);
    if (done && ref->region->listed)
        ffisan_ledger_resize(ref, size);
    else if (done)
        done = ffisan_heap_shrink(ref->region->heap, (void *)ref->block, size);
    ffisan_cheap_unlock();
    return done;
}

/* Another thread may have freed it meanwhile, and closed its pages. */
static bool check_locked(const struct ffisan_slot_ref *ref)
{
    return ref->slot->is_damaged || ref->slot->type != IN_USE ||
           ffisan_heap_check_redzone(ref->region->heap, ref);
}

bool ffisan_cheap_check(const struct ffisan_slot_ref *ref)
{
    if (ref->slot->is_damaged || !ffisan_cheap_lock())
        return true;
    bool is_intact = check_locked(ref);
    ffisan_cheap_unlock();
    return is_intact;
}

static void check_one(void *context, const struct ffisan_slot_ref *ref)
{
    (void)context;
    check_locked(ref);
}

void ffisan_cheap_check_all(void)
{
    if (!ffisan_cheap_lock())
        return;
    ffisan_cheap_each_live(check_one, NULL);
    ffisan_ledger_check_resting();
    ffisan_cheap_unlock();
}

static unsigned take_damage(struct ffisan_heap *heap, struct ffisan_damage *damage, unsigned max)
{
    unsigned n = heap->n_damage < max ? heap->n_damage : max;
    memcpy(damage, heap->damage, n * sizeof(*damage));
    heap->n_damage = 0;
    return n;
}

unsigned ffisan_cheap_take_damage(struct ffisan_damage *damage, unsigned max)
{
    if (cheap.dense.n_damage + ffisan_paged_heap.n_damage == 0)
        return 0;
    bool is_certain = ffisan_listed_is_certain();
    if (!ffisan_cheap_lock())
        return 0;
    unsigned n = take_damage(&cheap.dense, damage, is_certain ? max : 0);
    n += take_damage(&ffisan_paged_heap, damage + n, max - n);
    ffisan_cheap_unlock();
    return n;
}

void *ffisan_cheap_clear(void *block, size_t size)
{
    size_t whole = size & ~(size_t)(PAGE - 1); /* large blocks begin with a page */
    ffisan_pages_discard(block, whole);
    memset((char *)block + whole, 0, size - whole);
    return block;
}

/* ---- Freeing -------------------------------------------------------------------------------- */

static inline __attribute__((always_inline)) void
note_free(const struct ffisan_state *state, int32_t vmstate, struct ffisan_cnote *note,
          enum ffisan_cfree_function function, uint32_t trace)
{
    if (__builtin_expect(!note, 0)) {
        cheap.n_notes_refused++;
        return;
    }
    *note = (struct ffisan_cnote){.freed = trace,
                                  .function = (uint8_t)function,
                                  .machine_trace = ffisan_position_machine_trace(vmstate)};
    if (__builtin_expect(ffisan_finalizer_runs(state), 0))
        ffisan_finalizer_note(state, note);
}

void ffisan_cheap_note_free(const struct ffisan_state *state, const struct ffisan_slot_ref *ref,
                            enum ffisan_cfree_function function, uint32_t trace)
{
    note_free(state, ffisan_position_vmstate(state), ffisan_region_note(ref), function, trace);
}

/* No block begins there.  Where one begins a little later, its header was meant: it has none. */
static enum ffisan_cheap_answer find_meant(uintptr_t address, struct ffisan_slot_ref *ref)
{
    enum { HEADER_MAX = 64 };
    for (uintptr_t ahead = 8; ahead <= HEADER_MAX; ahead += 8) {
        struct ffisan_slot_ref next;
        if (!ffisan_cheap_find_live(address + ahead, &next) || next.block != address + ahead)
            continue;
        *ref = next;
        return FFISAN_CHEAP_INTERIOR;
    }
    return ref->slot ? FFISAN_CHEAP_INTERIOR : FFISAN_CHEAP_FOREIGN;
}

static __attribute__((noinline)) enum ffisan_cheap_answer
cannot_free(struct ffisan_region *region, uintptr_t address, struct ffisan_slot_ref *ret_ref)
{
    ret_ref->slot = NULL;
    if (ffisan_slot_find(region, address, ret_ref) && ret_ref->block == address)
        return FFISAN_CHEAP_DEAD;
    return find_meant(address, ret_ref);
}

/* The slot of a dense block that begins there and is in use, or false. */
static inline bool find_dense(struct ffisan_region *region, uintptr_t address,
                              struct ffisan_slot_ref *ret_ref)
{
    uint32_t span_index = ffisan_span_index(region, address) % FFISAN_SPANS_PER_REGION;
    uint32_t offset = address % FFISAN_SPAN_SIZE;
    struct ffisan_span *span = &region->spans[span_index];
    uint32_t index = (uint32_t)((uint64_t)offset * span->reciprocal >> 32);
    struct ffisan_slot *slot = &region->slots[span_index * FFISAN_SLOTS_PER_SPAN + index];
    *ret_ref = (struct ffisan_slot_ref){
        .region = region, .span = span, .slot = slot, .block = address, .index = index};
    return region->heap == &cheap.dense && span->n_spans == 0 &&
           index * span->slot_size == offset && slot->type == IN_USE;
}

/* As ffisan_region_note, which makes room for notes where there is none. */
static inline struct ffisan_cnote *dense_note(const struct ffisan_slot_ref *ref)
{
    struct ffisan_cnote *notes = (struct ffisan_cnote *)ref->region->notes;
    return __builtin_expect(notes != NULL, 1) ? &notes[ref->slot - ref->region->slots]
                                              : ffisan_region_note(ref);
}

/* Seldom: a large block, one of the first of its place, damage, or an error. */
static __attribute__((noinline)) enum ffisan_cheap_answer
free_slowly(const struct ffisan_state *state, struct ffisan_region *region, uintptr_t block,
            enum ffisan_cfree_function function, uint32_t trace, struct ffisan_slot_ref *ret_ref)
{
    struct ffisan_slot_ref ref;
    if (!ffisan_slot_find(region, block, &ref) || ref.block != block || ref.slot->type != IN_USE)
        return cannot_free(region, block, ret_ref);
    cheap.n_frees++;
    ffisan_cheap_note_free(state, &ref, function, trace);
    ref.slot->type = 0;
    ffisan_heap_kill(region->heap, (void *)block, ffisan_slot_size(&ref));
    if (region->heap == &ffisan_paged_heap)
        ffisan_paged_close(&ref);
    return FFISAN_CHEAP_DONE;
}

static inline bool is_intact(const struct ffisan_slot_ref *ref)
{
    uint32_t slack = ref->slot->slack;
    return ffisan_redzone_is_intact(ref->block + ref->span->slot_size - slack, slack);
}

enum ffisan_cheap_answer ffisan_cheap_free(struct ffisan_state *state, void *block,
                                           enum ffisan_cfree_function function, uintptr_t pc,
                                           uintptr_t sp, struct ffisan_slot_ref *ret_ref)
{
    struct ffisan_slot_ref ref;
    struct ffisan_region *region = ffisan_region_find((uintptr_t)block);
    if (!region || (region->heap != &cheap.dense && region->heap != &ffisan_paged_heap))
        return __builtin_expect(ffisan_ledger_is_on, 0)
                   ? ffisan_listed_free(state, block, function, pc, sp, ret_ref)
                   : FFISAN_CHEAP_FOREIGN;
    if (ffisan_thread.is_busy)
        return FFISAN_CHEAP_BUSY;
    int32_t vmstate = ffisan_position_vmstate(state);
    uint32_t trace = ffisan_ctraces_at(state, vmstate, pc, sp);
    if (!enter())
        return FFISAN_CHEAP_BUSY;
    enum ffisan_cheap_answer answer = FFISAN_CHEAP_DONE;
    if (__builtin_expect(find_dense(region, (uintptr_t)block, &ref) && is_intact(&ref), 1)) {
        cheap.n_frees++;
        note_free(state, vmstate, dense_note(&ref), function, trace);
        ref.slot->type = 0;
        ffisan_slot_kill(&cheap.dense, &ref);
    } else {
        answer = free_slowly(state, region, (uintptr_t)block, function, trace, ret_ref);
    }
    leave();
    return answer;
}

bool ffisan_cheap_reopen(const struct ffisan_slot_ref *ref)
{
    return ffisan_paged_reopen(ref);
}
