/* SPDX-License-Identifier: MIT */
/*
 * Address space is cheap: a stand-in takes whole pages, and keeps the block's offset in its page so
 * that alignment and low bits of pointers stay what they were.  Pages are handed out in order and
 * not used twice; when the range is used up, no more stand-ins are made and that is counted.
 */
#include "runtime/audit/standin.h"

#include "base/hash.h"
#include "base/pages.h"
#include "runtime/fault/door.h"
#include "runtime/fault/signals.h"
#include "runtime/report/report.h"
#include "runtime/state.h"

#include <string.h>

#define MAX_STANDINS (1u << 17)
#define PAGE FFISAN_PAGE_SIZE
#define SCANNED_FAST ((uintptr_t)1 << 32) /* a range within so many bytes, aligned (scan.h) */
#define SMALL_BYTES (2 * PAGE) /* blocks of up to a page take this much, so they can share */
#define REST_LENGTH 4096u      /* released small stand-ins rest for as many others before reuse */

struct ffisan_standin_range ffisan_standin_range;

/* Lists hold numbers in `all`, + 1; 0 ends them. */
static struct {
    struct ffisan_standin *all; /* MAX_STANDINS of them, in order of their addresses */
    uint32_t n;
    uint32_t live;                                   /* list of those that are not released */
    uint32_t resting_first, resting_last, n_resting; /* released small ones, oldest first */
    uintptr_t beside;   /* a region's worth of the range that is no stand-ins', 0 = given away */
    uint64_t n_refused; /* no address space or no record left */
    bool failed;
} standins;

static bool reserve(void)
{
    static const size_t sizes[] = {(size_t)16 << 30, (size_t)1 << 30, (size_t)64 << 20};
    if (standins.all || standins.failed)
        return standins.all != NULL;
    char *pages = NULL;
    size_t size = 0;
    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]) && !pages; i++) {
        size = sizes[i];
        pages = ffisan_pages_reserve(size);
    }
    struct ffisan_standin *all = ffisan_pages_map(MAX_STANDINS * sizeof(*all));
    if (!pages || !all || !ffisan_signals_start()) {
        standins.failed = true;
        ffisan_report_degraded("no memory for stand-ins: uses of dead memory are not seen");
        return false;
    }
    standins.all = all;
    ffisan_standin_range.is_alone = size > 2 * SCANNED_FAST;
    if (ffisan_standin_range.is_alone)
        standins.beside = ((uintptr_t)pages + SCANNED_FAST - 1) & -SCANNED_FAST;
    else if (size > 4 * FFISAN_REGION_SIZE)
        standins.beside = ((uintptr_t)pages + FFISAN_REGION_SIZE - 1) & -FFISAN_REGION_SIZE;
    uintptr_t first = standins.beside ? standins.beside + FFISAN_REGION_SIZE : (uintptr_t)pages;
    ffisan_standin_range.used = first;
    ffisan_standin_range.lo = first;
    ffisan_standin_range.hi = (uintptr_t)pages + size;
    ffisan_door_open((uintptr_t)pages, ffisan_standin_range.hi);
    return true;
}

uintptr_t ffisan_standins_beside(void)
{
    uintptr_t pages = reserve() ? standins.beside : 0;
    standins.beside = 0;
    return pages && ffisan_pages_open(pages, FFISAN_REGION_SIZE) ? pages : 0;
}

static uintptr_t first_page(const struct ffisan_standin *standin)
{
    return standin->base & ~(uintptr_t)(PAGE - 1);
}

static size_t pages_of(size_t in_page, size_t extent)
{
    size_t bytes = ffisan_pages_round(in_page + extent);
    return bytes < SMALL_BYTES ? SMALL_BYTES : bytes;
}

/* The small stand-in that was released longest ago, made inaccessible again. */
static struct ffisan_standin *reuse_small(uintptr_t *ret_page)
{
    struct ffisan_standin *standin = &standins.all[standins.resting_first - 1];
    standins.resting_first = standin->next;
    if (!standins.resting_first)
        standins.resting_last = 0;
    standins.n_resting--;
    *ret_page = first_page(standin);
    if (standin->is_open)
        ffisan_pages_close(*ret_page, SMALL_BYTES);
    return standin;
}

static struct ffisan_standin *take_new(size_t bytes, uintptr_t *ret_page)
{
    if (standins.n == MAX_STANDINS || bytes > ffisan_standin_range.hi - ffisan_standin_range.used) {
        if (standins.n_refused++ == 0)
            ffisan_report_degraded("stand-ins are used up: later uses of dead memory are not seen");
        return NULL;
    }
    *ret_page = ffisan_standin_range.used;
    ffisan_standin_range.used += bytes;
    return &standins.all[standins.n];
}

/* What is in the quarantine died in an earlier cycle; nobody has kept in which. */
static bool has_just_died(const struct ffisan_slot_ref *ref)
{
    return ref->span->dead[ref->index >> 6] & ffisan_slot_bit(ref);
}

static struct ffisan_standin *add(struct ffisan_state *state, const struct ffisan_slot_ref *ref)
{
    size_t extent = ffisan_slot_extent(ref);
    size_t in_page = ref->block % PAGE, bytes = pages_of(in_page, extent);
    uintptr_t page;
    if (!reserve())
        return NULL;
    struct ffisan_standin *standin = bytes == SMALL_BYTES && standins.n_resting > REST_LENGTH
                                         ? reuse_small(&page)
                                         : take_new(bytes, &page);
    if (!standin)
        return NULL;
    *standin = (struct ffisan_standin){.base = page + in_page,
                                       .block = ref->block,
                                       .size = ffisan_slot_size(ref),
                                       .extent = extent,
                                       .state = state,
                                       .made = ref->slot->stack,
                                       .cycle = has_just_died(ref) ? state->cycle : 0,
                                       .first_seen = (uint32_t)state->audit.n_audits,
                                       .cycle_stack = has_just_died(ref) ? state->cycle_stack : 0,
                                       .next = standins.live,
                                       .type = ref->slot->type};
    uint32_t number = (uint32_t)(standin - standins.all);
    standins.live = number + 1;
    if (number == standins.n)
        __atomic_store_n(&standins.n, number + 1, __ATOMIC_RELEASE);
    ffisan_heap_hold(&state->heap, ref);
    ref->slot->stack = number + 1; /* as long as it is held: evidence asks at each audit */
    return standin;
}

struct ffisan_standin *ffisan_standin_for(struct ffisan_state *state,
                                          const struct ffisan_slot_ref *ref)
{
    if (!ref->slot->is_held)
        return add(state, ref);
    uint32_t number = ref->slot->stack;
    struct ffisan_standin *standin = number - 1 < standins.n ? &standins.all[number - 1] : NULL;
    return standin && standin->block == ref->block && standin->state == state ? standin : NULL;
}

struct ffisan_standin *ffisan_standin_find(uintptr_t address)
{
    uint32_t low = 0, high = __atomic_load_n(&standins.n, __ATOMIC_ACQUIRE);
    if (!ffisan_standin_covers(address))
        return NULL;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (standins.all[middle].base / PAGE <= address / PAGE)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return NULL;
    struct ffisan_standin *standin = &standins.all[low - 1];
    size_t bytes = pages_of(standin->base % PAGE, standin->extent);
    return address - first_page(standin) < bytes ? standin : NULL;
}

static size_t head_bytes(const struct ffisan_standin *standin)
{
    return standin->extent < FFISAN_STANDIN_HEAD ? standin->extent : FFISAN_STANDIN_HEAD;
}

bool ffisan_standin_open(struct ffisan_standin *standin)
{
    size_t bytes = pages_of(standin->base % PAGE, standin->extent);
    if (!ffisan_pages_open(first_page(standin), bytes))
        return false;
    if (!standin->is_open && standin->is_released)
        memcpy((void *)standin->base, standin->head, head_bytes(standin));
    else if (!standin->is_open && standin->state)
        memcpy((void *)standin->base, (const void *)standin->block, standin->extent);
    standin->is_open = true;
    return true;
}

/* Takes it out of the list of the live ones (`link` leads to it). */
static void retire(struct ffisan_standin *standin, uint32_t *link)
{
    uint32_t number = *link;
    *link = standin->next;
    memcpy(standin->head, (const void *)standin->block, head_bytes(standin));
    standin->is_released = true;
    standin->next = 0;
    if (pages_of(standin->base % PAGE, standin->extent) != SMALL_BYTES)
        return;
    if (standins.resting_last)
        standins.all[standins.resting_last - 1].next = number;
    else
        standins.resting_first = number;
    standins.resting_last = number;
    standins.n_resting++;
}

void ffisan_standins_release(struct ffisan_state *state, uint32_t audit)
{
    uint32_t *link = &standins.live;
    while (*link) {
        struct ffisan_standin *standin = &standins.all[*link - 1];
        if (standin->state != state || standin->seen == audit) {
            link = &standin->next;
            continue;
        }
        struct ffisan_slot_ref ref;
        if (ffisan_heap_find(&state->heap, standin->block, &ref)) {
            ffisan_heap_unhold(&state->heap, &ref);
            ref.slot->stack = standin->made;
        }
        retire(standin, link);
    }
}

void ffisan_standins_keep(const struct ffisan_state *state, uint32_t last, uint32_t audit)
{
    for (uint32_t i = standins.live; i; i = standins.all[i - 1].next) {
        struct ffisan_standin *standin = &standins.all[i - 1];
        if (standin->state == state && standin->seen_in_c == last)
            standin->seen = audit;
    }
}

void ffisan_standins_each_new(struct ffisan_state *state, uint32_t audit,
                              void (*visit)(const struct ffisan_standin *standin))
{
    for (uint32_t i = standins.live; i; i = standins.all[i - 1].next)
        if (standins.all[i - 1].state == state && standins.all[i - 1].first_seen == audit)
            visit(&standins.all[i - 1]);
}

#define WATCHED_BYTES 16384u

static uint64_t sum_of(const struct ffisan_standin *standin)
{
    uint64_t sum = 1, rest = 0;
    const uint64_t *words = (const uint64_t *)(standin->block + standin->content);
    size_t size = standin->size - standin->content, n = size / sizeof(*words);
    for (size_t i = 0; i < n; i++)
        sum = ffisan_hash_mix(sum, words[i]);
    memcpy(&rest, words + n, size % sizeof(*words));
    return ffisan_hash_mix(sum, rest) | 1;
}

void ffisan_standin_watch(struct ffisan_standin *standin, size_t content)
{
    if (standin->sum != 0 || standin->size > WATCHED_BYTES || content >= standin->size)
        return;
    standin->content = (uint32_t)content;
    standin->sum = sum_of(standin);
}

void ffisan_standins_each_written(const struct ffisan_state *state,
                                  void (*visit)(const struct ffisan_standin *standin))
{
    for (uint32_t i = standins.live; i; i = standins.all[i - 1].next) {
        struct ffisan_standin *standin = &standins.all[i - 1];
        if (standin->state != state || standin->sum == 0)
            continue;
        uint64_t sum = sum_of(standin);
        if (sum != standin->sum)
            visit(standin);
        standin->sum = sum;
    }
}

void ffisan_standins_forget(struct ffisan_state *state)
{
    uint32_t *link = &standins.live;
    while (*link) {
        struct ffisan_standin *standin = &standins.all[*link - 1];
        if (standin->state == state)
            retire(standin, link);
        else
            link = &standin->next;
    }
    for (uint32_t i = 0; i < standins.n; i++)
        if (standins.all[i].state == state)
            standins.all[i].state = NULL;
}

/* Holders of one state can lead to blocks of another. */
static bool lies_in(uintptr_t block, const struct ffisan_state *state)
{
    const struct ffisan_region *region = ffisan_region_find(block);
    return region && region->heap == &state->heap;
}

void ffisan_standins_forget_stacks(const struct ffisan_state *state)
{
    for (uint32_t i = 0; i < standins.n; i++) {
        struct ffisan_standin *standin = &standins.all[i];
        for (uint32_t k = 0; k < FFISAN_STANDIN_HOLDERS; k++)
            if (standin->state == state || lies_in(standin->holders[k].block, state))
                standin->holders[k].made = 0;
        if (standin->state == state)
            standin->made = standin->cycle_stack = 0;
    }
}
