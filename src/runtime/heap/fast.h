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

static inline void ffisan_set_bit(uint64_t *bits, uint32_t index)
{
    bits[index / 64] |= UINT64_C(1) << index % 64;
}

/** The slot of an address in a span of slots. */
static inline uint32_t ffisan_span_slot(const struct ffisan_span *span, uintptr_t address)
{
    return (uint32_t)(address % FFISAN_SPAN_SIZE * span->reciprocal >> 32);
}

/** The span of an address below 2^47; NULL when it is none of this heap. */
static inline struct ffisan_span *ffisan_heap_span(const struct ffisan_heap *heap,
                                                   uintptr_t address)
{
    if (__builtin_expect(address - heap->first_base < FFISAN_REGION_SIZE, 1))
        return &heap->first_spans[(address - heap->first_base) >> FFISAN_SPAN_SHIFT];
    struct ffisan_region *region = ffisan_region_table[address >> FFISAN_REGION_SHIFT];
    return region && region->heap == heap
               ? &region->spans[(address >> FFISAN_SPAN_SHIFT) % FFISAN_SPANS_PER_REGION]
               : NULL;
}

/**
 * Does an address below 2^47 lead into a dead or held block of this heap?  Most words that an audit
 * follows lead to something live, and this is the short way to know that.
 */
static inline bool ffisan_heap_leads_to_dead(struct ffisan_heap *heap, uintptr_t address)
{
    struct ffisan_span *span = ffisan_heap_span(heap, address);
    if (__builtin_expect(!span || span->n_spans > 0 || span->has_held, 0))
        return ffisan_heap_leads_to_dead_slowly(heap, address);
    uint32_t index = ffisan_span_slot(span, address);
    return (span->dead[index / 64] | span->old[index / 64]) >> index % 64 & 1;
}

/** A block in a slot of its own dies; the caller has looked at its redzone. */
static inline void ffisan_slot_kill(struct ffisan_heap *heap, const struct ffisan_slot_ref *ref)
{
    ffisan_set_bit(ref->span->dead, ref->index);
    ref->span->has_dead = true;
    heap->stats.dead_bytes += ref->span->slot_size;
}

/**
 * As ffisan_heap_kill, but false also means that it has to be asked.  `pointer` is below 2^47, as
 * the addresses of every allocator that a VM may have.
 */
static inline __attribute__((always_inline)) bool ffisan_heap_kill_fast(struct ffisan_heap *heap,
                                                                        void *pointer, size_t size)
{
    uintptr_t block = (uintptr_t)pointer;
    struct ffisan_span *span = ffisan_heap_span(heap, block);
    if (__builtin_expect(!span, 0))
        return false;
    uint32_t slot_size = span->slot_size;
    if (span->group < FFISAN_GROUP_INTERNAL) {
        if (__builtin_expect(!ffisan_redzone_is_intact(block + size, slot_size - (uint32_t)size),
                             0))
            return false;
        ffisan_set_bit(span->dead, ffisan_span_slot(span, block));
        span->has_dead = true;
        heap->stats.dead_bytes += slot_size;
        return true;
    }
    if (__builtin_expect(span->group != FFISAN_GROUP_INTERNAL || !span->is_available, 0))
        return false;
    ffisan_set_bit(span->free, ffisan_span_slot(span, block));
    return true;
}

#endif
