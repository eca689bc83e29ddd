/* SPDX-License-Identifier: MIT */
/* From death to reuse, 64 slots at a time. */
#include "runtime/heap/heap.h"

#include "base/pages.h"

/* Smaller ones are soon used again, and a page fault costs more than a page. */
#define DISCARD_BYTES ((size_t)1 << 20)

static void remove_region(struct ffisan_heap *heap, struct ffisan_region *region)
{
    struct ffisan_region *before = NULL;
    for (struct ffisan_region *r = heap->regions; r != region; r = r->next)
        before = r;
    if (before)
        before->next = region->next;
    else
        heap->regions = region->next;
    if (heap->last_region == region)
        heap->last_region = before;
    ffisan_region_free(region);
}

/* Returns true when the region itself is gone. */
static bool reuse_large(struct ffisan_heap *heap, struct ffisan_region *region, uint32_t index)
{
    uint32_t n_spans = region->spans[index].n_spans;
    if (region->size != FFISAN_REGION_SIZE || n_spans > FFISAN_SPANS_PER_REGION) {
        remove_region(heap, region);
        return true;
    }
    size_t bytes = (size_t)n_spans << FFISAN_SPAN_SHIFT;
    uintptr_t start = region->base + ((uintptr_t)index << FFISAN_SPAN_SHIFT);
    if (bytes >= DISCARD_BYTES)
        ffisan_pages_discard((void *)start, bytes);
    else if (heap->forget)
        heap->forget(start, bytes);
    ffisan_region_give_spans(region, index, n_spans);
    return false;
}

void ffisan_heap_make_available(struct ffisan_heap *heap, struct ffisan_span *span)
{
    struct ffisan_bin *bin = ffisan_heap_bin(heap, span);
    if (span->is_available)
        return;
    span->is_available = true;
    span->next_available = NULL;
    if (bin->last_available)
        bin->last_available->next_available = span;
    else
        bin->available = span;
    bin->last_available = span;
}

/* Do the newly dead wait in the quarantine, and do those stay that wait there already? */
struct keep {
    bool dead, old;
};

/* Moves the bits of one span on. */
static void release_span(struct ffisan_heap *heap, struct ffisan_span *span, struct keep keep)
{
    uint64_t any_free = 0, any_old = 0;
    for (uint32_t w = 0; w < span->n_words; w++) {
        uint64_t reusable = (keep.old ? 0 : span->old[w]) | (keep.dead ? 0 : span->dead[w]);
        span->old[w] = (keep.old ? span->old[w] : 0) | (keep.dead ? span->dead[w] : 0);
        span->dead[w] = 0;
        span->free[w] |= reusable;
        span->holders[w] &= ~(reusable | span->old[w]);
        span->sealed[w] &= ~(reusable | span->old[w]);
        any_free |= reusable;
        any_old |= span->old[w];
    }
    span->has_dead = any_old != 0;
    span->has_reusable |= any_free != 0;
    if (any_free && !span->n_spans)
        ffisan_heap_make_available(heap, span);
}

/* Returns true when the region itself is gone. */
static bool release_region(struct ffisan_heap *heap, struct ffisan_region *region, struct keep keep)
{
    for (uint32_t i = 0; i < region->n_spans_used; i++) {
        struct ffisan_span *span = &region->spans[i];
        if (!span->has_dead)
            continue;
        release_span(heap, span, keep);
        if (span->n_spans && (span->free[0] & 1) && reuse_large(heap, region, i))
            return true;
    }
    return false;
}

void ffisan_heap_release(struct ffisan_heap *heap)
{
    struct ffisan_heap_stats *stats = &heap->stats;
    struct keep keep = {.dead = stats->dead_bytes <= heap->quarantine_budget,
                        .old = stats->dead_bytes + stats->old_bytes <=
                               heap->quarantine_budget / FFISAN_REST_SHARE};
    struct ffisan_region *next;
    for (struct ffisan_region *region = heap->regions; region; region = next) {
        next = region->next;
        release_region(heap, region, keep);
    }
    stats->old_bytes = (keep.old ? stats->old_bytes : 0) + (keep.dead ? stats->dead_bytes : 0);
    stats->dead_bytes = 0;
}

void ffisan_heap_hold(struct ffisan_heap *heap, const struct ffisan_slot_ref *ref)
{
    uint32_t word = ref->index >> 6;
    uint64_t bit = ffisan_slot_bit(ref);
    size_t extent = ffisan_slot_extent(ref);
    if (ref->span->dead[word] & bit)
        heap->stats.dead_bytes -= extent;
    if (ref->span->old[word] & bit)
        heap->stats.old_bytes -= extent;
    ref->span->dead[word] &= ~bit;
    ref->span->old[word] &= ~bit;
    ref->span->holders[word] &= ~bit;
    ref->span->sealed[word] &= ~bit;
    ref->slot->is_held = 1;
    ref->span->has_held = true;
    heap->stats.held_bytes += extent;
}

void ffisan_heap_unhold(struct ffisan_heap *heap, const struct ffisan_slot_ref *ref)
{
    size_t extent = ffisan_slot_extent(ref);
    if (!ref->slot->is_held)
        return;
    ref->slot->is_held = 0;
    ref->span->dead[ref->index >> 6] |= ffisan_slot_bit(ref);
    ref->span->has_dead = true;
    heap->stats.held_bytes -= extent;
    heap->stats.dead_bytes += extent;
}

void ffisan_heap_reuse(struct ffisan_heap *heap, const struct ffisan_slot_ref *ref)
{
    uint32_t word = ref->index >> 6;
    uint64_t bit = ffisan_slot_bit(ref);
    size_t extent = ffisan_slot_extent(ref);
    if (ref->span->dead[word] & bit)
        heap->stats.dead_bytes -= extent;
    if (ref->span->old[word] & bit)
        heap->stats.old_bytes -= extent;
    ref->span->dead[word] &= ~bit;
    ref->span->old[word] &= ~bit;
    ref->span->free[word] |= bit;
    if (ref->span->n_spans) {
        reuse_large(heap, ref->region, (uint32_t)(ref->span - ref->region->spans));
        return;
    }
    ref->span->has_reusable = true;
    ffisan_heap_make_available(heap, ref->span);
}
