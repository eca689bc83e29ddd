/* SPDX-License-Identifier: MIT */
#ifndef FFISAN_TEST_HEAP_GROUP_H
#define FFISAN_TEST_HEAP_GROUP_H

#include "runtime/heap/fast.h"
#include "runtime/heap/heap.h"

/** From a bin of one group, as the allocator does for places that it knows. */
static inline void *alloc_in_group(struct ffisan_heap *heap, enum ffisan_slot_group group,
                                   size_t size, uint32_t stack)
{
    struct ffisan_bin *bin = &heap->bins[group][ffisan_sizes_find(size)];
    ffisan_heap_refill(heap, group, size);
    return bin->bits ? ffisan_bin_alloc(bin, group, size, (struct ffisan_slot){.stack = stack})
                     : NULL;
}

#endif
