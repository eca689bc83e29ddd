/* SPDX-License-Identifier: MIT */
#include "runtime/heap/heap.h"

static void visit_span(struct ffisan_region *region, uint32_t span_index,
                       void (*visit)(void *context, const struct ffisan_slot_ref *ref),
                       void *context)
{
    struct ffisan_span *span = &region->spans[span_index];
    struct ffisan_slot_ref ref = {.region = region, .span = span};
    uintptr_t start = region->base + ((uintptr_t)span_index << FFISAN_SPAN_SHIFT);
    size_t first = (size_t)span_index * FFISAN_SLOTS_PER_SPAN;
    for (uint32_t w = 0; w < span->n_words; w++) {
        uint64_t bits = span->holders[w] & ~(span->dead[w] | span->old[w] | span->free[w]);
        for (; bits; bits &= bits - 1) {
            ref.index = w * 64 + (uint32_t)__builtin_ctzl(bits);
            ref.slot = &region->slots[first + ref.index];
            ref.block = start + (uintptr_t)ref.index * span->slot_size;
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
                visit_span(region, i, visit, context);
}
