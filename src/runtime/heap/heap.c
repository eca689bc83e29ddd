/* SPDX-License-Identifier: MIT */
/*
 * A bin takes free slots from one word of one span at a time: the next slot is the lowest bit.
 * Nothing is written into a slot by us but its redzone, so nothing that a stray write does to freed
 * memory can lead the allocator astray.
 */
#include "runtime/heap/heap.h"

#include "base/pages.h"
#include "runtime/heap/fast.h"

#include <string.h>

#define NO_ADDRESS (UINTPTR_MAX / 2)

void ffisan_heap_init(struct ffisan_heap *heap, size_t quarantine_budget)
{
    memset(heap, 0, sizeof(*heap));
    for (unsigned group = 0; group < FFISAN_N_GROUPS; group++)
        for (unsigned i = 0; i < FFISAN_N_SIZES; i++)
            heap->bins[group][i].slot_size = ffisan_sizes_slot(i);
    heap->quarantine_budget = quarantine_budget;
    heap->first_base = NO_ADDRESS;
}

void ffisan_heap_fini(struct ffisan_heap *heap)
{
    while (heap->regions) {
        struct ffisan_region *next = heap->regions->next;
        ffisan_region_free(heap->regions);
        heap->regions = next;
    }
    heap->last_region = NULL;
    heap->first_spans = NULL;
    heap->first_base = NO_ADDRESS;
}

static void append(struct ffisan_heap *heap, struct ffisan_region *region)
{
    if (heap->last_region)
        heap->last_region->next = region;
    else
        heap->regions = region;
    heap->last_region = region;
    if (!heap->first_spans && region->size == FFISAN_REGION_SIZE) {
        heap->first_base = region->base;
        heap->first_spans = region->spans;
    }
}

static struct ffisan_region *add_region(struct ffisan_heap *heap, size_t size)
{
    struct ffisan_region *region = heap->is_fixed ? NULL : ffisan_region_new(heap, size);
    if (!region) {
        heap->out_of_memory++;
        return NULL;
    }
    append(heap, region);
    return region;
}

bool ffisan_heap_adopt(struct ffisan_heap *heap, uintptr_t pages)
{
    struct ffisan_region *region = ffisan_region_adopt(heap, pages);
    if (region)
        append(heap, region);
    heap->is_fixed = true;
    return region != NULL;
}

bool ffisan_heap_prepare(struct ffisan_heap *heap)
{
    return heap->regions || add_region(heap, FFISAN_REGION_SIZE);
}

static uint32_t take_spans(struct ffisan_heap *heap, uint32_t n, struct ffisan_region **ret_region)
{
    for (struct ffisan_region *region = heap->regions; region; region = region->next) {
        if (region->size != FFISAN_REGION_SIZE)
            continue;
        uint32_t first = ffisan_region_take_spans(region, n);
        if (first != UINT32_MAX) {
            *ret_region = region;
            return first;
        }
    }
    *ret_region = add_region(heap, FFISAN_REGION_SIZE);
    return *ret_region ? ffisan_region_take_spans(*ret_region, n) : UINT32_MAX;
}

/* A fresh span of slots for the bin, all free. */
static struct ffisan_span *new_span(struct ffisan_heap *heap, enum ffisan_slot_group group,
                                    const struct ffisan_bin *bin)
{
    struct ffisan_region *region;
    uint32_t index = take_spans(heap, 1, &region);
    if (index == UINT32_MAX)
        return NULL;
    struct ffisan_span *span = &region->spans[index];
    uint32_t n_slots = (uint32_t)FFISAN_SPAN_SIZE / bin->slot_size;
    span->n_spans = 0;
    span->slot_size = bin->slot_size;
    span->reciprocal = (uint32_t)(((UINT64_C(1) << 32) + bin->slot_size - 1) / bin->slot_size);
    span->n_words = (uint16_t)((n_slots + 63) / 64);
    for (uint32_t i = 0; i < n_slots; i += 64)
        span->free[i / 64] = n_slots - i >= 64 ? ~UINT64_C(0) : (UINT64_C(1) << (n_slots - i)) - 1;
    span->is_available = true;
    span->has_reusable = false;
    span->group = (uint8_t)group;
    span->number = (uint8_t)(bin - heap->bins[group]);
    region->slots[index * FFISAN_SLOTS_PER_SPAN] = (struct ffisan_slot){0}; /* a large block's */
    return span;
}

/* Slots that lie side by side at once; soon they are written to, so they may as well be fetched. */
static void forget_slots(const struct ffisan_heap *heap, const struct ffisan_bin *bin)
{
    uint64_t bits = bin->bits;
    while (bits) {
        unsigned from = (unsigned)__builtin_ctzl(bits);
        uint64_t above = ~(bits >> from);
        unsigned n = above ? (unsigned)__builtin_ctzl(above) : 64 - from;
        heap->forget(bin->first_block + (uintptr_t)from * bin->slot_size,
                     (size_t)n * bin->slot_size);
        bits = from + n < 64 ? bits >> (from + n) << (from + n) : 0;
    }
}

static void take_word(struct ffisan_heap *heap, struct ffisan_bin *bin, uint32_t word)
{
    const struct ffisan_region *region = bin->region;
    size_t span_index = (size_t)(bin->span - region->spans);
    bin->word = word;
    bin->bits = bin->span->free[word];
    bin->span->free[word] = 0;
    if (bin->span->group == FFISAN_GROUP_HOLDER) {
        bin->span->holders[word] |= bin->bits;
        bin->span->has_holders = true;
    }
    heap->stats.n_taken += (unsigned)__builtin_popcountll(bin->bits);
    bin->first_block =
        region->base + (span_index << FFISAN_SPAN_SHIFT) + 64 * (uintptr_t)word * bin->slot_size;
    bin->first_slot = &region->slots[span_index * FFISAN_SLOTS_PER_SPAN + 64 * (size_t)word];
    if (heap->forget && bin->span->has_reusable)
        forget_slots(heap, bin);
}

static struct ffisan_region *region_of(struct ffisan_heap *heap, const struct ffisan_span *span)
{
    for (struct ffisan_region *region = heap->regions; region; region = region->next)
        if (span >= region->spans && span < region->spans + FFISAN_SPANS_PER_REGION)
            return region;
    return NULL;
}

/* The next word of this span with free slots; those before the last one may have some again. */
static bool take_next_word(struct ffisan_heap *heap, struct ffisan_bin *bin)
{
    uint32_t n_words = bin->span->n_words;
    for (uint32_t i = 1; i <= n_words; i++) {
        uint32_t word = (bin->word + i) % n_words;
        if (bin->span->free[word]) {
            take_word(heap, bin, word);
            return true;
        }
    }
    return false;
}

/* Free slots of this span, of the next one that has some, or of a new one. */
static bool refill(struct ffisan_heap *heap, enum ffisan_slot_group group, struct ffisan_bin *bin)
{
    for (;;) {
        if (bin->span && take_next_word(heap, bin))
            return true;
        if (bin->span)
            bin->span->is_available = false;
        struct ffisan_span *span = bin->available;
        if (span) {
            bin->available = span->next_available;
            if (!bin->available)
                bin->last_available = NULL;
        } else {
            span = new_span(heap, group, bin);
        }
        if (!span) {
            bin->span = NULL;
            return false;
        }
        bin->span = span;
        bin->region = region_of(heap, span);
        bin->word = span->n_words - 1u;
    }
}

#define HUGE_BYTES ((size_t)4 << 20)

static void *alloc_large(struct ffisan_heap *heap, size_t size, uint32_t stack,
                         struct ffisan_slot_ref *ret_ref)
{
    struct ffisan_region *region;
    uint32_t index = 0;
    size_t n_spans = (size + FFISAN_REDZONE_MIN + FFISAN_SPAN_SIZE - 1) >> FFISAN_SPAN_SHIFT;
    if (size >> 46) {
        heap->out_of_memory++;
        return NULL;
    }
    if (n_spans <= FFISAN_SPANS_PER_REGION) {
        index = take_spans(heap, (uint32_t)n_spans, &region);
        if (index == UINT32_MAX)
            return NULL;
    } else {
        region = add_region(heap, n_spans << FFISAN_SPAN_SHIFT);
        if (!region)
            return NULL;
        region->n_spans_used = FFISAN_SPANS_PER_REGION;
    }
    struct ffisan_span *span = &region->spans[index];
    span->group = FFISAN_GROUP_LARGE;
    span->slot_size = 1; /* in use; the sizes of a large block are n_spans and large_size */
    span->n_spans = (uint32_t)n_spans;
    span->n_words = 1;
    span->large_size = size;
    *ret_ref =
        (struct ffisan_slot_ref){.region = region,
                                 .span = span,
                                 .slot = &region->slots[index * FFISAN_SLOTS_PER_SPAN],
                                 .block = region->base + ((uintptr_t)index << FFISAN_SPAN_SHIFT)};
    *ret_ref->slot = (struct ffisan_slot){.stack = stack};
    heap->stats.n_taken++;
    /* A buffer that grows is copied, where other allocators move its pages: make pages cheap. */
    if (size >= HUGE_BYTES)
        ffisan_pages_expect_use((void *)ret_ref->block, size);
    ffisan_redzone_fill(ret_ref->block + size, FFISAN_REDZONE_MIN);
    return (void *)ret_ref->block;
}

void *ffisan_heap_alloc(struct ffisan_heap *heap, size_t size, uint32_t stack,
                        struct ffisan_slot_ref *ret_ref)
{
    unsigned number = ffisan_sizes_find(size);
    if (number >= FFISAN_N_SIZES)
        return alloc_large(heap, size, stack, ret_ref);
    struct ffisan_bin *bin = &heap->bins[FFISAN_GROUP_ANY][number];
    if (bin->bits == 0 && !refill(heap, FFISAN_GROUP_ANY, bin))
        return NULL;
    return ffisan_heap_alloc_fast(heap, size, stack, ret_ref);
}

void ffisan_heap_refill(struct ffisan_heap *heap, enum ffisan_slot_group group, size_t size)
{
    unsigned number = ffisan_sizes_find(size);
    struct ffisan_bin *bin = &heap->bins[group][number];
    if (number < FFISAN_N_SIZES && bin->bits == 0)
        refill(heap, group, bin);
}

uint64_t ffisan_heap_n_allocs(const struct ffisan_heap *heap)
{
    uint64_t n = heap->stats.n_taken;
    for (unsigned group = 0; group < FFISAN_N_GROUPS; group++)
        for (unsigned i = 0; i < FFISAN_N_SIZES; i++)
            n -= (unsigned)__builtin_popcountll(heap->bins[group][i].bits);
    return n;
}

bool ffisan_heap_kill(struct ffisan_heap *heap, void *block, size_t size)
{
    struct ffisan_slot_ref ref;
    if (__builtin_expect(!ffisan_heap_find(heap, (uintptr_t)block, &ref), 0))
        return false;
    if (ref.span->group == FFISAN_GROUP_INTERNAL) {
        ref.span->free[ref.index >> 6] |= ffisan_slot_bit(&ref);
        if (!ref.span->is_available)
            ffisan_heap_make_available(heap, ref.span);
        return true;
    }
    size_t extent = ffisan_slot_extent(&ref);
    uint32_t slack = ref.span->n_spans ? FFISAN_REDZONE_MIN : (uint32_t)(extent - size);
    if (__builtin_expect(!ffisan_redzone_is_intact(ref.block + size, slack), 0))
        ffisan_heap_check_redzone(heap, &ref);
    heap->stats.dead_bytes += extent;
    ref.span->dead[ref.index >> 6] |= ffisan_slot_bit(&ref);
    ref.span->has_dead = true;
    return true;
}

bool ffisan_heap_leads_to_dead_slowly(struct ffisan_heap *heap, uintptr_t address)
{
    struct ffisan_slot_ref ref;
    return ffisan_heap_find(heap, address, &ref) && ffisan_slot_state(&ref) >= FFISAN_SLOT_DEAD;
}

bool ffisan_heap_shrink(struct ffisan_heap *heap, void *block, size_t size)
{
    struct ffisan_slot_ref ref;
    if (!ffisan_heap_find(heap, (uintptr_t)block, &ref))
        return false;
    if (ref.span->group == FFISAN_GROUP_INTERNAL)
        return true;
    if (ref.span->n_spans) {
        ref.span->large_size = size;
        ffisan_redzone_fill(ref.block + size, FFISAN_REDZONE_MIN);
        return true;
    }
    uint32_t slack = ref.span->slot_size - (uint32_t)size;
    ref.slot->slack = (uint16_t)slack;
    ffisan_redzone_fill(ref.block + size, slack);
    return true;
}
