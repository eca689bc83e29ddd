/* SPDX-License-Identifier: MIT */
/**
 * Where blocks lie.  A region is 64 MiB of address space, aligned to its size, that belongs to one
 * heap.  It is cut into spans of 64 KiB; a span holds slots of one size, or is part of one large
 * block.  What we know of a slot lies outside of it, in `struct ffisan_slot`, so that the memory of
 * the dead stays as it was and a stray write does not reach our books.
 *
 * From any address to its slot is arithmetic: region table, span, multiplication by a reciprocal.
 */
#ifndef FFISAN_HEAP_REGION_H
#define FFISAN_HEAP_REGION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FFISAN_REGION_SHIFT 26
#define FFISAN_REGION_SIZE ((size_t)1 << FFISAN_REGION_SHIFT)
#define FFISAN_SPAN_SHIFT 16
#define FFISAN_SPAN_SIZE ((size_t)1 << FFISAN_SPAN_SHIFT)
#define FFISAN_SPANS_PER_REGION (FFISAN_REGION_SIZE / FFISAN_SPAN_SIZE)
#define FFISAN_SLOT_MIN 32u
#define FFISAN_SLOTS_PER_SPAN (FFISAN_SPAN_SIZE / FFISAN_SLOT_MIN)

enum ffisan_slot_state {
    FFISAN_SLOT_FREE, /**< never used, or reusable */
    FFISAN_SLOT_LIVE, /**< the VM owns it */
    FFISAN_SLOT_DEAD, /**< the VM freed it; content intact, not reusable yet */
    FFISAN_SLOT_HELD, /**< dead, and a raw pointer to it exists: it has a stand-in */
    FFISAN_SLOT_HELD_OFF_LIST, /**< the same, and it has left the list of the dead */
};

/** What we know of one slot: 8 bytes on the allocation path. */
struct ffisan_slot {
    uint32_t stack; /**< where it was allocated (report/stacks.h); 0 = unknown */
    uint16_t slack; /**< slot size - requested size; UINT16_MAX = look in the span (large) */
    uint8_t state;  /**< enum ffisan_slot_state */
    uint8_t type;   /**< low 4 bits: gct of the object, 0 = unknown; high 4 bits: header offset / 8 */
};
#define FFISAN_SLOT_TYPE_MASK 0x0f
#define FFISAN_SLOT_HEADER_SHIFT 4
#define FFISAN_SLOT_HEADER_FAR 0xf /**< over-aligned cdata: the header has to be searched */

struct ffisan_span {
    uint32_t slot_size;  /**< bytes; 0 = span not in use */
    uint32_t reciprocal; /**< ceil(2^32 / slot_size) */
    uint32_t n_spans;    /**< large block: spans it covers */
    uint16_t head;       /**< index of the span where a large block starts; else own index */
    uint16_t n_holders;  /**< live cdata and userdata in this span */
    uint64_t large_size; /**< requested bytes of a large block */
};

struct ffisan_heap;

struct ffisan_region {
    uintptr_t base;
    size_t size; /**< FFISAN_REGION_SIZE, or a multiple for one huge block */
    struct ffisan_heap *heap;
    struct ffisan_region *next; /**< of the same heap, oldest first */
    uint32_t n_spans_used;      /**< spans at and above this index were never used */
    uint32_t n_spans_free;      /**< spans below it that are free again */
    struct ffisan_slot *slots;  /**< FFISAN_SLOTS_PER_SPAN for each span */
    uint64_t *holders;          /**< one bit per slot: live cdata or userdata */
    struct ffisan_span spans[FFISAN_SPANS_PER_REGION];
};

/** 2^47 addresses; touched only where regions are. */
extern struct ffisan_region *ffisan_region_table[(size_t)1 << (47 - FFISAN_REGION_SHIFT)];

/** New region with room for `size` bytes (rounded up to whole regions); NULL without memory. */
struct ffisan_region *ffisan_region_new(struct ffisan_heap *heap, size_t size);
void ffisan_region_free(struct ffisan_region *region);

/** Takes `n` adjacent free spans; UINT32_MAX when there are none. */
uint32_t ffisan_region_take_spans(struct ffisan_region *region, uint32_t n);
void ffisan_region_give_spans(struct ffisan_region *region, uint32_t first, uint32_t n);

static inline struct ffisan_region *ffisan_region_find(uintptr_t address)
{
    return address >> 47 ? NULL : ffisan_region_table[address >> FFISAN_REGION_SHIFT];
}

/** A slot and its address. */
struct ffisan_slot_ref {
    struct ffisan_region *region;
    struct ffisan_span *span;
    struct ffisan_slot *slot;
    uintptr_t block; /**< first byte of the slot */
    uint32_t index;  /**< slot number in its span */
};

static inline uint32_t ffisan_span_index(const struct ffisan_region *region, uintptr_t address)
{
    return (uint32_t)((address - region->base) >> FFISAN_SPAN_SHIFT);
}

/** The slot that covers an address of a region; false when the span is not in use. */
static inline bool ffisan_slot_find(struct ffisan_region *region, uintptr_t address,
                                    struct ffisan_slot_ref *ret_ref)
{
    uint32_t span_index = ffisan_span_index(region, address);
    if (span_index >= FFISAN_SPANS_PER_REGION)
        span_index = 0; /* huge block: everything belongs to its first span */
    if (span_index >= region->n_spans_used)
        return false;
    struct ffisan_span *span = &region->spans[span_index];
    span_index = span->head;
    span = &region->spans[span_index];
    if (span->slot_size == 0)
        return false;
    uintptr_t start = region->base + ((uintptr_t)span_index << FFISAN_SPAN_SHIFT);
    uint32_t index = span->n_spans
                         ? 0
                         : (uint32_t)((uint64_t)(uint32_t)(address - start) * span->reciprocal >> 32);
    ret_ref->region = region;
    ret_ref->span = span;
    ret_ref->slot = &region->slots[span_index * FFISAN_SLOTS_PER_SPAN + index];
    ret_ref->block = start + (uintptr_t)index * span->slot_size;
    ret_ref->index = index;
    return true;
}

/** Bytes that were asked for. */
static inline size_t ffisan_slot_size(const struct ffisan_slot_ref *ref)
{
    return ref->span->n_spans ? ref->span->large_size : ref->span->slot_size - ref->slot->slack;
}

#endif
