/* SPDX-License-Identifier: MIT */
#include "runtime/heap/heap.h"

#define WORDS_PER_SPAN (FFISAN_SLOTS_PER_SPAN / 64)

static void visit_span(struct ffisan_region *region, uint32_t span_index,
                       void (*visit)(void *context, const struct ffisan_slot_ref *ref),
                       void *context)
{
    struct ffisan_slot_ref ref = {.region = region, .span = &region->spans[span_index]};
    uintptr_t start = region->base + ((uintptr_t)span_index << FFISAN_SPAN_SHIFT);
    size_t first = (size_t)span_index * FFISAN_SLOTS_PER_SPAN;
    for (uint32_t w = 0; w < WORDS_PER_SPAN; w++) {
        uint64_t bits = region->holders[first / 64 + w];
        for (; bits; bits &= bits - 1) {
            ref.index = w * 64 + (uint32_t)__builtin_ctzl(bits);
            ref.slot = &region->slots[first + ref.index];
            ref.block = start + (uintptr_t)ref.index * ref.span->slot_size;
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
            if (region->spans[i].n_holders > 0)
                visit_span(region, i, visit, context);
}
