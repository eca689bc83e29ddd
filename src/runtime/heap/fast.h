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

/* Takes the next slot of a bin that has one. */
static inline unsigned ffisan_bin_take(struct ffisan_bin *bin)
{
    unsigned bit = (unsigned)__builtin_ctzl(bin->bits);
    bin->bits &= bin->bits - 1;
    return bit;
}

/* The books and the redzone of a slot that was taken. */
static inline void ffisan_slot_begin(const struct ffisan_bin *bin, unsigned bit, uintptr_t block,
                                     size_t size, struct ffisan_slot books)
{
    uint32_t slack = bin->slot_size - (uint32_t)size;
    struct ffisan_slot *slot = &bin->first_slot[bit];
    *slot = books;
    slot->slack = (uint16_t)slack;
    ffisan_redzone_fill(block + size, slack);
}

/** As ffisan_heap_alloc. */
static inline void *ffisan_heap_alloc_fast(struct ffisan_heap *heap, size_t size, uint32_t stack,
                                           struct ffisan_slot_ref *ret_ref)
{
    struct ffisan_bin *bin = &heap->bins[FFISAN_GROUP_ANY][ffisan_sizes_find(size)];
    if (__builtin_expect(bin->bits == 0, 0))
        return ffisan_heap_alloc(heap, size, stack, ret_ref);
    unsigned bit = ffisan_bin_take(bin);
    uintptr_t block = bin->first_block + (uintptr_t)bit * bin->slot_size;
    ffisan_slot_begin(bin, bit, block, size, (struct ffisan_slot){.stack = stack});
    *ret_ref = (struct ffisan_slot_ref){.region = bin->region,
                                        .span = bin->span,
                                        .slot = bin->first_slot + bit,
                                        .block = block,
                                        .index = bin->word * 64 + bit};
    return (void *)block;
}

/**
 * A block of which everything is known already, from a bin of that group with bits left.  If there
 * are none, see ffisan_heap_refill.
 */
static inline void *ffisan_bin_alloc(struct ffisan_bin *bin, enum ffisan_slot_group group,
                                     size_t size, struct ffisan_slot books)
{
    unsigned bit = ffisan_bin_take(bin);
    uintptr_t block = bin->first_block + (uintptr_t)bit * bin->slot_size;
    if (group != FFISAN_GROUP_INTERNAL)
        ffisan_slot_begin(bin, bit, block, size, books);
    return (void *)block;
}

/**
 * As ffisan_heap_kill, but false also means that it has to be asked.  `pointer` is below 2^47, as
 * the addresses of every allocator that a VM may have.
 */
static inline __attribute__((always_inline)) bool ffisan_heap_kill_fast(struct ffisan_heap *heap,
                                                                        void *pointer, size_t size)
{
    uintptr_t block = (uintptr_t)pointer;
    struct ffisan_region *region = ffisan_region_table[block >> FFISAN_REGION_SHIFT];
    if (__builtin_expect(!region || region->heap != heap, 0))
        return false;
    struct ffisan_span *span =
        &region->spans[(block >> FFISAN_SPAN_SHIFT) % FFISAN_SPANS_PER_REGION];
    uint32_t index = (uint32_t)(block % FFISAN_SPAN_SIZE * span->reciprocal >> 32);
    uint64_t bit = UINT64_C(1) << (index & 63);
    if (span->group < FFISAN_GROUP_INTERNAL) {
        uint32_t slack = span->slot_size - (uint32_t)size;
        if (__builtin_expect(!ffisan_redzone_is_intact(block + size, slack), 0))
            return false;
        heap->stats.dead_bytes += span->slot_size;
        span->dead[index >> 6] |= bit;
        span->has_dead = true;
        return true;
    }
    if (__builtin_expect(span->group != FFISAN_GROUP_INTERNAL || !span->is_available, 0))
        return false;
    span->free[index >> 6] |= bit;
    return true;
}

#endif
