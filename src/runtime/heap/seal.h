/* SPDX-License-Identifier: MIT */
/**
 * Seals of blocks whose content never changes, which in Lua are strings: a sum of the content, made
 * at some time of its life and compared later.  The sums lie outside of the blocks, parallel to the
 * books of the slots.
 *
 * `skip`: bytes at the start of a block that do change (the object's header).  Of a block larger
 * than FFISAN_SEAL_WHOLE only the first and the last FFISAN_SEAL_WHOLE / 2 bytes are sealed.
 * Context: as heap.h.
 */
#ifndef FFISAN_HEAP_SEAL_H
#define FFISAN_HEAP_SEAL_H

#include "runtime/heap/heap.h"

#define FFISAN_SEAL_WHOLE ((size_t)32768)

/** Seals a live block.  Without memory for the sums it stays without a seal. */
void ffisan_seal_put(const struct ffisan_slot_ref *ref, size_t skip);

static inline bool ffisan_seal_is_there(const struct ffisan_slot_ref *ref)
{
    return ref->slot->is_sealed;
}

/**
 * Compares.  A broken seal is queued as damage and taken off: a block is found once.
 * Returns true when the content is what it was, and for a block without a seal.
 */
bool ffisan_seal_check(struct ffisan_heap *heap, const struct ffisan_slot_ref *ref, size_t skip);

/** Compares the sealed blocks that have died since the last audit; the caller releases them. */
void ffisan_seal_check_dead(struct ffisan_heap *heap, size_t skip);

#endif
