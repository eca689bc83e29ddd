/* SPDX-License-Identifier: MIT */
/**
 * The ledger: what we know of blocks that the program's own allocator has handed out on threads
 * that run Lua (--malloc=ledger).  It takes the place of the dense heap of cheap.h: blocks are
 * asked for a little larger than the program asks, are found by their address, and rest for some
 * time between free and the allocator's free.  What lies in them meanwhile has to stay as it was:
 * who writes there uses memory that is gone.
 *
 * Some allocators have other functions that free (ways.h), and a program with an allocator of its
 * own frees without our knowing (border.h).  Then the ledger is in *doubt*: a listed block that was
 * not freed by us may be gone for long.  No redzones then, no leaks, nothing about live blocks;
 * what was freed by us, and rests, is certain all the same.
 * Context: inside of ffisan_cheap_lock, unless said otherwise.
 */
#ifndef FFISAN_CMEM_LEDGER_H
#define FFISAN_CMEM_LEDGER_H

#include "runtime/cmem/ledger_index.h"
#include "runtime/heap/heap.h"

/** The allocator that hands out what is listed. */
struct ffisan_ledger_source {
    void (*give)(void *block); /**< its free */
    /** its malloc_usable_size, or NULL: asked in doubt, where its own free may be called */
    size_t (*usable_size)(void *block);
};

struct ffisan_ledger_stats {
    uint64_t n_listed; /**< so far */
    uint64_t n_gone;   /**< of them, not live any more */
    uint64_t n_struck; /**< of those, without a free that we saw */
    uint64_t n_refused;
    uint32_t n_resting;
    size_t resting_bytes;
};

/**
 * Takes the memory that it needs; false without it.  `heap` keeps the damage, its notes and its
 * budget for the dead are ours.  Context: ffisan_runtime.lock held.
 */
bool ffisan_ledger_start(struct ffisan_heap *heap, const struct ffisan_ledger_source *source);

extern bool ffisan_ledger_is_on __attribute__((visibility("hidden")));

/** From now on, and for good.  Context: any. */
void ffisan_ledger_doubt(void);
bool ffisan_ledger_is_in_doubt(void);

/** What to ask the allocator for when the program asks for `size`. */
size_t ffisan_ledger_room(size_t size);

/**
 * Lists a fresh block: the allocator was asked for `asked` bytes, which is ffisan_ledger_room of
 * what it may grow to, and the program has asked for `size`.  False: there is no room for it in our
 * books, and it stays unknown.
 */
bool ffisan_ledger_add(void *block, size_t size, size_t asked, uint32_t trace);

/** The block that an address leads into, or to the end of; in whatever state. Context: any. */
bool ffisan_ledger_find_any(uintptr_t address, struct ffisan_slot_ref *ret_ref);

/** The same when it is certain that it is there, or was freed.  Context: any. */
bool ffisan_ledger_find(uintptr_t address, struct ffisan_slot_ref *ret_ref);

/** The size of a live block changes where it is. */
void ffisan_ledger_resize(const struct ffisan_slot_ref *ref, size_t size);

/** The block is not known any more, and was not freed. */
void ffisan_ledger_strike(const struct ffisan_slot_ref *ref);

/** The program has freed it: from now on it rests. */
void ffisan_ledger_kill(const struct ffisan_slot_ref *ref);

/**
 * Takes blocks that have rested for long enough, so that at most `budget` bytes go on resting.  The
 * caller gives them to the allocator after it has left the lock: that may call whatever it likes.
 */
unsigned ffisan_ledger_take_rested(size_t budget, void **ret_blocks, unsigned max);

/** Of a block that has rested and was written to: one is taken at each call. */
bool ffisan_ledger_take_written(struct ffisan_slot_ref *ret_ref);

/** Looks at all that rest, for the last time. */
void ffisan_ledger_check_resting(void);

/** Calls `visit` for all live blocks; not in doubt. */
void ffisan_ledger_each_live(void (*visit)(void *context, const struct ffisan_slot_ref *ref),
                             void *context);

/** [low, high) of everything that was ever listed.  Context: any. */
void ffisan_ledger_widen(uintptr_t *low, uintptr_t *high);

/** Bytes that may rest. */
size_t ffisan_ledger_budget(void);

/** Calls the allocator's free.  Context: the lock is not held. */
void ffisan_ledger_give(void *block);

struct ffisan_ledger_stats ffisan_ledger_stats(void);

#endif
