/* SPDX-License-Identifier: MIT */
/**
 * The two calls that the VM makes for every object, inlined into the allocator function.  What is
 * rare (a new span, a large block, damage, a foreign address) is left to heap.c.
 */
#ifndef FFISAN_HEAP_FAST_H
#define FFISAN_HEAP_FAST_H

#include "runtime/heap/heap.h"
#include "runtime/heap/redzone.h"
#include "runtime/heap/sizes.h"

/** As ffisan_heap_alloc. */
static inline void *ffisan_heap_alloc_fast(struct ffisan_heap *heap, size_t size, uint32_t stack,
                                           struct ffisan_slot_ref *ret_ref)
{
    unsigned number = ffisan_sizes_find(size);
    struct ffisan_bin *bin = &heap->bins[number];
    if (__builtin_expect(number >= FFISAN_N_SIZES || bin->bits == 0, 0))
        return ffisan_heap_alloc(heap, size, stack, ret_ref);
    heap->stats.n_allocs++;
    unsigned bit = (unsigned)__builtin_ctzl(bin->bits);
    bin->bits &= bin->bits - 1;
    uintptr_t block = bin->first_block + (uintptr_t)bit * bin->slot_size;
    uint32_t slack = bin->slot_size - (uint32_t)size;
    struct ffisan_slot *slot = bin->first_slot + bit;
    *slot = (struct ffisan_slot){.stack = stack, .slack = (uint16_t)slack};
    ffisan_redzone_fill(block + size, slack);
    ret_ref->region = bin->region;
    ret_ref->span = bin->span;
    ret_ref->slot = slot;
    ret_ref->block = block;
    ret_ref->index = bin->word * 64 + bit;
    return (void *)block;
}

/** As ffisan_heap_kill. */
static inline bool ffisan_heap_kill_fast(struct ffisan_heap *heap, void *pointer, size_t size)
{
    uintptr_t block = (uintptr_t)pointer;
    struct ffisan_region *region = ffisan_region_find(block);
    if (__builtin_expect(!region || region->heap != heap, 0))
        return false;
    struct ffisan_span *span =
        &region->spans[(block >> FFISAN_SPAN_SHIFT) % FFISAN_SPANS_PER_REGION];
    uint32_t slack = span->slot_size - (uint32_t)size;
    if (__builtin_expect(span->n_spans > 0, 0) ||
        __builtin_expect(!ffisan_redzone_is_intact(block + size, slack), 0))
        return ffisan_heap_kill(heap, pointer, size);
    uint64_t offset = block % FFISAN_SPAN_SIZE;
    uint32_t index = (uint32_t)(offset * span->reciprocal >> 32);
    heap->stats.dead_bytes += span->slot_size;
    span->dead[index >> 6] |= UINT64_C(1) << (index & 63);
    span->has_dead = true;
    return true;
}

#endif
