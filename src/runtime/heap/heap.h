/* SPDX-License-Identifier: MIT */
/**
 * The allocator of one LuaJIT state.  Blocks that the VM frees stay as they are until an audit has
 * looked for pointers to them.  Then they wait in the quarantine for the next cycle, as far as its
 * budget goes, and for many more as long as they are few: their addresses may come back from where
 * no audit looks (the kernel, C memory, an integer).  After that their slots are reused.
 *
 * Context: whichever thread runs the state; no locks.  Fault handlers on other threads only read.
 */
#ifndef FFISAN_HEAP_HEAP_H
#define FFISAN_HEAP_HEAP_H

#include "runtime/heap/region.h"

#define FFISAN_N_BINS 57
#define FFISAN_REDZONE_MIN 8u
#define FFISAN_REDZONE_MAX 64u /**< bytes watched behind a block with more slack than that */
#define FFISAN_REDZONE_BYTE 0xfb
#define FFISAN_REST_SHARE 8u /**< of the budget: so much may wait for longer than a cycle */

/** One size of slots, and the word of free slots that it takes from now. */
struct ffisan_bin {
    uint64_t bits;         /**< slots of this word that are left */
    uintptr_t first_block; /**< block of bit 0 */
    struct ffisan_slot *first_slot;
    uint32_t slot_size;
    uint32_t word;            /**< in `span` */
    struct ffisan_span *span; /**< NULL before the first allocation */
    struct ffisan_region *region;
    struct ffisan_span *available, *last_available; /**< other spans with free slots, in order */
};

/** A block that was found overwritten; reported at the next safe point. */
struct ffisan_damage {
    uintptr_t block;
    size_t size;
    uint32_t stack;
    uint8_t type;
    bool was_live;
    bool is_content;   /**< a seal was broken; else the redzone, as follows */
    uint8_t bytes[16]; /**< what lies behind the block now */
    uint32_t n_bytes;  /**< how far the damage reaches */
};
#define FFISAN_DAMAGE_MAX 32

struct ffisan_heap_stats {
    uint64_t n_taken;    /**< allocations, and slots that bins have ready for the next ones */
    uint64_t dead_bytes; /**< since the last audit; all in bytes of slots */
    uint64_t old_bytes;  /**< in the quarantine */
    uint64_t held_bytes;
};

struct ffisan_heap {
    struct ffisan_bin bins[FFISAN_N_GROUPS][FFISAN_N_BINS]; /**< the last one is always empty */
    uint64_t holder_bins;          /**< one bit for each of the group HOLDER that was ever used */
    struct ffisan_region *regions; /**< oldest first */
    struct ffisan_region *last_region;
    uintptr_t first_base; /**< of the region that is there for as long as the heap */
    struct ffisan_span *first_spans;
    size_t quarantine_budget; /**< bytes of audited dead that are kept from reuse */
    struct ffisan_heap_stats stats;
    struct ffisan_damage damage[FFISAN_DAMAGE_MAX];
    uint32_t n_damage;
    uint64_t n_damage_dropped;
    uint64_t out_of_memory; /**< requests that the kernel refused */
    uint32_t note_size;     /**< bytes of notes for each slot (ffisan_region_note) */
    /** Called for memory that becomes reusable, from whole slots; NULL = it stays as it is. */
    void (*forget)(uintptr_t start, size_t size_bytes);
    bool is_of_state; /**< a part of a struct ffisan_state */
    bool is_fixed;    /**< lives in the region that it adopted, and gets no other */
};

/** Fills in an empty heap; no memory is taken yet. */
void ffisan_heap_init(struct ffisan_heap *heap, size_t quarantine_budget);

/** Makes sure that there is memory to begin with. */
bool ffisan_heap_prepare(struct ffisan_heap *heap);

/** The heap lives in these FFISAN_REGION_SIZE bytes, aligned to that, and grows no further. */
bool ffisan_heap_adopt(struct ffisan_heap *heap, uintptr_t pages);

/** Gives everything back.  Nothing may point to its blocks any more. */
void ffisan_heap_fini(struct ffisan_heap *heap);

/** A new block; NULL without memory.  `ret_ref` is filled in. */
void *ffisan_heap_alloc(struct ffisan_heap *heap, size_t size, uint32_t stack,
                        struct ffisan_slot_ref *ret_ref);

/** The bin that takes slots from this span; not for a large block. */
static inline struct ffisan_bin *ffisan_heap_bin(struct ffisan_heap *heap,
                                                 const struct ffisan_span *span)
{
    return &heap->bins[span->group][span->number];
}

/** Slots of a group for blocks of that size are at hand again, if there is memory. */
void ffisan_heap_refill(struct ffisan_heap *heap, enum ffisan_slot_group group, size_t size);

/** How many blocks were ever allocated. */
uint64_t ffisan_heap_n_allocs(const struct ffisan_heap *heap);

/** The span has free slots again: its bin will take them some time. */
void ffisan_heap_make_available(struct ffisan_heap *heap, struct ffisan_span *span);

/**
 * Marks a block of `size` bytes as dead; one of the group INTERNAL is reusable at once.  Returns
 * false for an address that is not in this heap.  Its redzone is checked; damage is queued.
 */
bool ffisan_heap_kill(struct ffisan_heap *heap, void *block, size_t size);

/** A live block of this heap becomes smaller where it is.  False when it is none of this heap. */
bool ffisan_heap_shrink(struct ffisan_heap *heap, void *block, size_t size);

/** The slot of an address in this heap (any byte of the slot); false when it is not ours. */
static inline bool ffisan_heap_find(struct ffisan_heap *heap, uintptr_t address,
                                    struct ffisan_slot_ref *ret_ref)
{
    struct ffisan_region *region = ffisan_region_find(address);
    return region && region->heap == heap && ffisan_slot_find(region, address, ret_ref);
}

/** For ffisan_heap_leads_to_dead of fast.h. */
bool ffisan_heap_leads_to_dead_slowly(struct ffisan_heap *heap, uintptr_t address);

/** Marks a live block as cdata or userdata: its payload is searched. */
static inline void ffisan_heap_mark_holder(const struct ffisan_slot_ref *ref)
{
    ref->span->holders[ref->index >> 6] |= ffisan_slot_bit(ref);
    if (__builtin_expect(!ref->span->has_holders, 0))
        ref->span->has_holders = true;
}

/** Calls `visit` for every live block that is marked as holder, in address order. */
void ffisan_heap_each_holder(struct ffisan_heap *heap,
                             void (*visit)(void *context, const struct ffisan_slot_ref *ref),
                             void *context);

/** The same for holders that died since the last ffisan_heap_release. */
void ffisan_heap_each_dead_holder(struct ffisan_heap *heap,
                                  void (*visit)(void *context, const struct ffisan_slot_ref *ref),
                                  void *context);

/** Calls `visit` for every live block, in address order. */
void ffisan_heap_each_live(struct ffisan_heap *heap,
                           void (*visit)(void *context, const struct ffisan_slot_ref *ref),
                           void *context);

/** Looks like a live slot, but was not handed out since it became free: the next in its bin. */
bool ffisan_heap_is_waiting(struct ffisan_heap *heap, const struct ffisan_slot_ref *ref);

/** One dead block becomes reusable at once. */
void ffisan_heap_reuse(struct ffisan_heap *heap, const struct ffisan_slot_ref *ref);

/** After an audit: the dead go to the quarantine, what is too much for it is reusable. */
void ffisan_heap_release(struct ffisan_heap *heap);

/** A dead block is kept from reuse until ffisan_heap_unhold. */
void ffisan_heap_hold(struct ffisan_heap *heap, const struct ffisan_slot_ref *ref);
void ffisan_heap_unhold(struct ffisan_heap *heap, const struct ffisan_slot_ref *ref);

/** Checks the redzone of a block; queues damage that is new.  True when it was intact. */
bool ffisan_heap_check_redzone(struct ffisan_heap *heap, const struct ffisan_slot_ref *ref);

#endif
