/* SPDX-License-Identifier: MIT */
/**
 * The allocator of one LuaJIT state.  Blocks that the VM frees stay as they are, in the list of the
 * dead, until an audit has looked for pointers to them; then they wait in the quarantine until its
 * budget is used up; then their slots are reused.
 *
 * Context: whichever thread runs the state; no locks.  Fault handlers on other threads only read.
 */
#ifndef FFISAN_HEAP_HEAP_H
#define FFISAN_HEAP_HEAP_H

#include "runtime/heap/region.h"

#define FFISAN_N_BINS 64
#define FFISAN_REDZONE_MIN 8u
#define FFISAN_REDZONE_MAX 64u /**< bytes watched behind a block with more slack than that */
#define FFISAN_REDZONE_BYTE 0xfb
#define FFISAN_DEAD_PER_CHUNK 4094

/** One size of slots. */
struct ffisan_bin {
    uintptr_t free;                /**< first reusable slot, linked through the slots, or 0 */
    uintptr_t bump;                /**< next never used slot of the newest span */
    uintptr_t bump_end;            /**< one past its last slot */
    struct ffisan_slot *bump_slot; /**< what we know of `bump` */
    uint32_t slot_size;
};

/** Blocks in the order of their death. */
struct ffisan_dead_chunk {
    struct ffisan_dead_chunk *next; /**< younger */
    uint32_t n;
    uint32_t n_released; /**< those at the front are reusable again */
    uintptr_t blocks[FFISAN_DEAD_PER_CHUNK];
};

/** A block whose redzone was found overwritten; reported at the next safe point. */
struct ffisan_damage {
    uintptr_t block;
    size_t size;
    uint32_t stack;
    uint8_t type;
    bool was_live;
    uint8_t bytes[16]; /**< what lies behind the block now */
    uint32_t n_bytes;  /**< how far the damage reaches */
};
#define FFISAN_DAMAGE_MAX 32

/** Called with a block that leaves the quarantine. */
struct ffisan_heap_stats {
    uint64_t n_allocs, n_frees, n_reallocs;
    uint64_t live_bytes, dead_bytes, held_bytes; /**< slot sizes */
    uint64_t peak_bytes;
};

struct ffisan_heap {
    struct ffisan_bin bins[FFISAN_N_BINS];
    struct ffisan_region *regions; /**< oldest first */
    struct ffisan_region *last_region;
    struct ffisan_dead_chunk *oldest_dead, *youngest_dead;
    struct ffisan_dead_chunk *spare_chunks;
    size_t quarantine_budget; /**< bytes of checked dead that are kept from reuse */
    uint64_t dead_unaudited;  /**< bytes that died since the last audit */
    struct ffisan_heap_stats stats;
    struct ffisan_damage damage[FFISAN_DAMAGE_MAX];
    uint32_t n_damage;
    uint64_t n_damage_dropped, n_corrupt_free_lists;
    uint64_t out_of_memory; /**< requests that the kernel refused */
};

/** Fills in an empty heap; no memory is taken yet. */
void ffisan_heap_init(struct ffisan_heap *heap, size_t quarantine_budget);

/** Gives everything back.  Nothing may point to its blocks any more. */
void ffisan_heap_fini(struct ffisan_heap *heap);

/** A new block; NULL without memory.  `ret_ref` is filled in. */
void *ffisan_heap_alloc(struct ffisan_heap *heap, size_t size, uint32_t stack,
                        struct ffisan_slot_ref *ret_ref);

/**
 * Marks a block as dead.  Returns false for an address that is no live block of this heap.
 * Its redzone is checked; damage is queued.
 */
bool ffisan_heap_kill(struct ffisan_heap *heap, void *block);

/** The slot of an address in this heap (any byte of the slot); false when it is not ours. */
bool ffisan_heap_find(struct ffisan_heap *heap, uintptr_t address, struct ffisan_slot_ref *ret_ref);

/** Sets or clears the mark "live cdata or userdata, its payload is searched". */
void ffisan_heap_set_holder(const struct ffisan_slot_ref *ref, bool is_holder);

/** Calls `visit` for every slot that is marked as holder, in address order. */
void ffisan_heap_each_holder(struct ffisan_heap *heap,
                             void (*visit)(void *context, const struct ffisan_slot_ref *ref),
                             void *context);

/** After an audit: lets the oldest dead go until the rest fits into the budget.  Held stay. */
void ffisan_heap_release(struct ffisan_heap *heap);

/** Nothing points to a held block any more: it is only dead again, and in the list of the dead. */
void ffisan_heap_unhold(struct ffisan_heap *heap, const struct ffisan_slot_ref *ref);

/** Makes a dead or held block reusable.  It must not be in the list of the dead. */
void ffisan_heap_reuse(struct ffisan_heap *heap, const struct ffisan_slot_ref *ref);

/** Checks the redzone of a block; queues damage and mends it.  True when it was intact. */
bool ffisan_heap_check_redzone(struct ffisan_heap *heap, const struct ffisan_slot_ref *ref);

#endif
