/* SPDX-License-Identifier: MIT */
/**
 * Blocks on pages of their own, a part of the C heap (cheap.h): inaccessible from when they are
 * freed until many others were, so that the next use faults.
 * Context: inside of ffisan_cheap_lock, unless said otherwise.
 */
#ifndef FFISAN_CMEM_PAGED_H
#define FFISAN_CMEM_PAGED_H

#include "runtime/heap/heap.h"

struct ffisan_ctrace;

/**
 * Takes its address space, if there is any.  `spare`: so many blocks of places that Lua code has
 * led to have pages of their own though they are not among the first.
 * Context: ffisan_runtime.lock held.
 */
void ffisan_paged_start(uint32_t note_size, uint32_t spare);

/** The heap that these blocks belong to. */
extern struct ffisan_heap ffisan_paged_heap __attribute__((visibility("hidden")));

#define FFISAN_PAGED_VISITS 64u /**< of each place have pages of their own, then powers of two */

/** What is left of `spare`. */
extern uint32_t ffisan_paged_spare __attribute__((visibility("hidden")));

/** The first question, cheaply: can a block that is the `visits`th of its place be one of them? */
static inline bool ffisan_paged_is_due(uint32_t visits)
{
    return visits <= FFISAN_PAGED_VISITS || (visits & (visits - 1)) == 0 || ffisan_paged_spare > 0;
}

/** Should it?  `place` may be NULL.  Makes room for it when the answer is yes. */
bool ffisan_paged_wants(size_t size, size_t alignment, const struct ffisan_ctrace *place,
                        uint32_t visits);

/** A block, or NULL. */
void *ffisan_paged_alloc(size_t size, uint32_t trace, struct ffisan_slot_ref *ret_ref);

/** A block was killed: its pages are closed. */
void ffisan_paged_close(const struct ffisan_slot_ref *ref);

/** Makes a freed block accessible again, content intact.  Context: any. */
bool ffisan_paged_reopen(const struct ffisan_slot_ref *ref);

#endif
