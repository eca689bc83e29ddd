/* SPDX-License-Identifier: MIT */
#include "runtime/heap/heap.h"

/* Slots of a word that are there at all: the last one of a span has less than 64. */
static uint64_t existing(const struct ffisan_span *span, uint32_t word)
{
    uint32_t n_slots = span->n_spans ? 1 : (uint32_t)FFISAN_SPAN_SIZE / span->slot_size;
    uint32_t n = n_slots - word * 64;
    return n >= 64 ? ~UINT64_C(0) : (UINT64_C(1) << n) - 1;
}

/* Slots that are in none of the bitmaps and yet not handed out: the bin has them. */
static uint64_t waiting(struct ffisan_heap *heap, const struct ffisan_span *span, uint32_t word)
{
    if (span->n_spans)
        return 0;
    const struct ffisan_bin *bin = ffisan_heap_bin(heap, span);
    return bin->span == span && bin->word == word ? bin->bits : 0;
}

bool ffisan_heap_is_waiting(struct ffisan_heap *heap, const struct ffisan_slot_ref *ref)
{
    return waiting(heap, ref->span, ref->index >> 6) & ffisan_slot_bit(ref);
}

enum which { LIVE_HOLDERS, DEAD_HOLDERS, ALL_LIVE };

static uint64_t wanted(const struct ffisan_region *region, const struct ffisan_span *span,
                       uint32_t w, enum which which)
{
    if (which == DEAD_HOLDERS)
        return span->holders[w] & span->dead[w];
    uint64_t live = which == LIVE_HOLDERS ? span->holders[w] : existing(span, w);
    live &= ~(span->dead[w] | span->old[w] | span->free[w]);
    return live ? live & ~waiting(region->heap, span, w) : 0;
}

static void visit_span(struct ffisan_region *region, uint32_t span_index, enum which which,
                       void (*visit)(void *context, const struct ffisan_slot_ref *ref),
                       void *context)
{
    struct ffisan_span *span = &region->spans[span_index];
    struct ffisan_slot_ref ref = {.region = region, .span = span};
    uintptr_t start = region->base + ((uintptr_t)span_index << FFISAN_SPAN_SHIFT);
    size_t first = (size_t)span_index * FFISAN_SLOTS_PER_SPAN;
    for (uint32_t w = 0; w < span->n_words; w++) {
        uint64_t bits = wanted(region, span, w, which);
        for (; bits; bits &= bits - 1) {
            ref.index = w * 64 + (uint32_t)__builtin_ctzl(bits);
            ref.slot = &region->slots[first + ref.index];
            ref.block = start + (uintptr_t)ref.index * span->slot_size;
            if (which != ALL_LIVE || !ref.slot->is_held)
                visit(context, &ref);
        }
    }
}

void ffisan_heap_each_holder(struct ffisan_heap *heap,
                             void (*visit)(void *context, const struct ffisan_slot_ref *ref),
                             void *context)
{
    for (struct ffisan_region *region = heap->regions; region; region = region->next)
        for (uint32_t i = 0; i < region->n_spans_used; i++)
            if (region->spans[i].has_holders)
                visit_span(region, i, LIVE_HOLDERS, visit, context);
}

void ffisan_heap_each_dead_holder(struct ffisan_heap *heap,
                                  void (*visit)(void *context, const struct ffisan_slot_ref *ref),
                                  void *context)
{
    for (struct ffisan_region *region = heap->regions; region; region = region->next)
        for (uint32_t i = 0; i < region->n_spans_used; i++)
            if (region->spans[i].has_holders && region->spans[i].has_dead)
                visit_span(region, i, DEAD_HOLDERS, visit, context);
}

void ffisan_heap_each_live(struct ffisan_heap *heap,
                           void (*visit)(void *context, const struct ffisan_slot_ref *ref),
                           void *context)
{
    for (struct ffisan_region *region = heap->regions; region; region = region->next)
        for (uint32_t i = 0; i < region->n_spans_used; i++)
            if (region->spans[i].slot_size > 0 && region->spans[i].head == i)
                visit_span(region, i, ALL_LIVE, visit, context);
}
