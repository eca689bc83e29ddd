/* SPDX-License-Identifier: MIT */
/**
 * Where blocks lie.  A region is 64 MiB of address space, aligned to its size, that belongs to one
 * heap.  It is cut into spans of 64 KiB; a span holds slots of one size, or is part of one large
 * block.  What we know of a slot lies outside of it, so that the memory of the dead stays as it was
 * and a stray write does not reach our books.
 *
 * From any address to its slot is arithmetic: region table, span, multiplication by a reciprocal.
 * The state of slots is kept as bits, 64 to a word, so that what has to be done with the dead of a
 * cycle is done for 64 of them at a time.
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
#define FFISAN_WORDS_PER_SPAN (FFISAN_SLOTS_PER_SPAN / 64)

/** What is known of a block when it is allocated.  A span holds slots of one group. */
enum ffisan_slot_group {
    FFISAN_GROUP_ANY,      /**< nothing; it may be marked as holder later */
    FFISAN_GROUP_HOLDER,   /**< cdata or userdata: all live ones are searched */
    FFISAN_GROUP_INTERNAL, /**< its address never reaches C: no books, no redzone, no quarantine */
};
#define FFISAN_N_GROUPS 3
#define FFISAN_GROUP_LARGE 3 /**< a span of one large block, or of none */

enum ffisan_slot_state {
    FFISAN_SLOT_FREE, /**< never used, or reusable */
    FFISAN_SLOT_LIVE, /**< the VM owns it */
    FFISAN_SLOT_DEAD, /**< the VM freed it; content intact, not reusable yet */
    FFISAN_SLOT_HELD, /**< dead, and a raw pointer to it exists: it has a stand-in */
};

/** What we know of one slot: 8 bytes, written once per allocation; not for the group INTERNAL. */
struct ffisan_slot {
    uint32_t stack; /**< where it was allocated (report/stacks.h); 0 = unknown; held: stand-in */
    uint16_t slack; /**< slot size - requested size; large blocks: see the span */
    uint8_t is_held : 1;
    uint8_t is_damaged : 1;  /**< its redzone was overwritten, and that is queued or reported */
    uint8_t is_sealed : 1;   /**< seal.h; until the slot is handed out again */
    uint8_t is_disguise : 1; /**< C has put an address into integers of it (bounds/disguise.h) */
    uint8_t type; /**< low 4 bits: gct of the object, 0 = unknown; high 4 bits: header offset / 8 */
};
#define FFISAN_SLOT_TYPE_MASK 0x0f
#define FFISAN_SLOT_HEADER_SHIFT 4
#define FFISAN_SLOT_HEADER_FAR 0xf /**< over-aligned cdata: the header has to be searched */

struct ffisan_span {
    uint32_t slot_size;  /**< bytes; 0 = span not in use; 1 = large block */
    uint32_t reciprocal; /**< ceil(2^32 / slot_size) */
    uint32_t n_spans;    /**< large block: spans it covers; else 0 */
    uint16_t head;       /**< index of the span where a large block starts; else own index */
    uint16_t n_words;    /**< of the bits below that are in use */
    uint64_t large_size; /**< requested bytes of a large block */
    struct ffisan_span *next_available; /**< of the same slot size, with free slots */
    bool is_available;                  /**< in that list, or the bin takes from it now */
    bool has_holders;                   /**< a slot was ever marked as holder */
    bool has_held;                      /**< a slot was ever held */
    bool has_sealed;                    /**< a slot was ever sealed */
    bool has_dead;                      /**< any bit in dead or old */
    bool has_reusable;                  /**< some slot that is free, or was, has been used before */
    uint8_t group;                      /**< enum ffisan_slot_group */
    uint8_t number;                     /**< of its slot size (heap/sizes.h) */
    /** One bit per slot. A slot with none of free, dead, old is the VM's (or about to be). */
    uint64_t free[FFISAN_WORDS_PER_SPAN];
    uint64_t dead[FFISAN_WORDS_PER_SPAN];    /**< since the last audit */
    uint64_t old[FFISAN_WORDS_PER_SPAN];     /**< audited, in the quarantine */
    uint64_t holders[FFISAN_WORDS_PER_SPAN]; /**< cdata or userdata, as long as it is live */
    uint64_t sealed[FFISAN_WORDS_PER_SPAN];  /**< was sealed in this or an earlier life */
};

struct ffisan_heap;

/** A block of another allocator (cmem/ledger.h): it lies anywhere, so its books say where. */
struct ffisan_listed {
    uintptr_t block;
    size_t size; /**< bytes that were asked for */
    size_t room; /**< bytes that it can grow to where it is; a redzone fits behind them */
};

struct ffisan_region {
    uintptr_t base;
    size_t size; /**< FFISAN_REGION_SIZE, or a multiple for one huge block */
    struct ffisan_heap *heap;
    struct ffisan_region *next; /**< of the same heap, oldest first */
    uint32_t n_spans_used;      /**< spans at and above this index were never used */
    uint32_t n_spans_free;      /**< spans below it that are free again */
    struct ffisan_slot *slots;  /**< FFISAN_SLOTS_PER_SPAN for each span */
    uint32_t *sums;             /**< parallel to slots, see seal.h; NULL until needed */
    char *notes;                /**< parallel to slots, see ffisan_region_note; NULL until needed */
    uint32_t note_size;         /**< bytes of each; 0 = there are none */
    struct ffisan_listed *listed; /**< parallel to slots, which lie elsewhere; NULL = they do not */
    bool is_adopted;              /**< the pages are not ours to unmap */
    struct ffisan_span spans[FFISAN_SPANS_PER_REGION];
};

/** 2^47 addresses; touched only where regions are. */
extern __attribute__((visibility(
    "hidden"))) struct ffisan_region *ffisan_region_table[(size_t)1 << (47 - FFISAN_REGION_SHIFT)];

/** New region with room for `size` bytes (rounded up to whole regions); NULL without memory. */
struct ffisan_region *ffisan_region_new(struct ffisan_heap *heap, size_t size);

/** A region of FFISAN_REGION_SIZE over pages that are there already, aligned to that. */
struct ffisan_region *ffisan_region_adopt(struct ffisan_heap *heap, uintptr_t pages);
void ffisan_region_free(struct ffisan_region *region);

/** Takes `n` adjacent free spans as one large block; UINT32_MAX when there are none. */
uint32_t ffisan_region_take_spans(struct ffisan_region *region, uint32_t n);
void ffisan_region_give_spans(struct ffisan_region *region, uint32_t first, uint32_t n);

/** [low, high) of all regions of Lua states that there were; 0, 0 = none. */
void ffisan_region_bounds(uintptr_t *ret_low, uintptr_t *ret_high);

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
    if (__builtin_expect(span_index >= region->n_spans_used, 0)) {
        if (region->size == FFISAN_REGION_SIZE)
            return false;
        span_index = 0; /* huge block: everything belongs to its first span */
    }
    struct ffisan_span *span = &region->spans[span_index];
    if (__builtin_expect(span->n_spans > 0, 0)) {
        span_index = span->head;
        span = &region->spans[span_index];
    }
    uintptr_t start = region->base + ((uintptr_t)span_index << FFISAN_SPAN_SHIFT);
    uint32_t index = (uint32_t)((uint64_t)(uint32_t)(address - start) * span->reciprocal >> 32);
    if (__builtin_expect(span->slot_size <= 1, 0)) {
        if (span->slot_size == 0)
            return false;
        index = 0;
    }
    ret_ref->region = region;
    ret_ref->span = span;
    ret_ref->slot = &region->slots[span_index * FFISAN_SLOTS_PER_SPAN + index];
    ret_ref->block = start + (uintptr_t)index * span->slot_size;
    ret_ref->index = index;
    return true;
}

/** Makes room for the notes of a region; NULL without memory, or when its heap has none. */
char *ffisan_region_notes(struct ffisan_region *region);

/** Room of the heap's note_size bytes for each slot; NULL without memory.  Starts as zero. */
static inline void *ffisan_region_note(const struct ffisan_slot_ref *ref)
{
    struct ffisan_region *region = ref->region;
    char *notes = region->notes;
    if (__builtin_expect(!notes, 0) && !(notes = ffisan_region_notes(region)))
        return NULL;
    return notes + (size_t)(ref->slot - region->slots) * region->note_size;
}

/** Room for a sum for each slot of the region; NULL without memory. */
uint32_t *ffisan_region_sums(struct ffisan_region *region);

static inline uint64_t ffisan_slot_bit(const struct ffisan_slot_ref *ref)
{
    return UINT64_C(1) << (ref->index & 63);
}

static inline enum ffisan_slot_state ffisan_slot_state(const struct ffisan_slot_ref *ref)
{
    uint32_t word = ref->index >> 6;
    uint64_t bit = ffisan_slot_bit(ref);
    if (ref->slot->is_held)
        return FFISAN_SLOT_HELD;
    if ((ref->span->dead[word] | ref->span->old[word]) & bit)
        return FFISAN_SLOT_DEAD;
    return ref->span->free[word] & bit ? FFISAN_SLOT_FREE : FFISAN_SLOT_LIVE;
}

/** The sizes of what is no slot among others: a large block, or one that is listed. */
size_t ffisan_region_large_size(const struct ffisan_slot_ref *ref);
size_t ffisan_region_large_extent(const struct ffisan_slot_ref *ref);

/** Bytes that were asked for. */
static inline size_t ffisan_slot_size(const struct ffisan_slot_ref *ref)
{
    return ref->span->n_spans ? ffisan_region_large_size(ref)
                              : ref->span->slot_size - ref->slot->slack;
}

/** Bytes that it takes. */
static inline size_t ffisan_slot_extent(const struct ffisan_slot_ref *ref)
{
    return ref->span->n_spans ? ffisan_region_large_extent(ref) : ref->span->slot_size;
}

#endif
