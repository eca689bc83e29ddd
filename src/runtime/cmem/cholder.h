/* SPDX-License-Identifier: MIT */
/**
 * Which cdata or userdata holds an address into a block?  A search of all live ones, for reports.
 * Context: as report.h; reads raw memory of the VM, so run it under a guard.
 */
#ifndef FFISAN_CMEM_CHOLDER_H
#define FFISAN_CMEM_CHOLDER_H

#include "runtime/audit/standin.h"
#include "runtime/report/report.h"

#include <stdbool.h>

/** A block, and what was done to it. */
struct ffisan_cholder_aim {
    uintptr_t start; /**< of the block */
    size_t size;
    uintptr_t address;   /**< that was used or freed */
    uintptr_t finalized; /**< the object whose finalizer did it, if it holds such a word; or 0 */
    const struct ffisan_frame *use; /**< the innermost Lua frame of it, or NULL */
};

/**
 * The holder of a word that leads into the block; the one that lies closest before the address.
 * Rather a field than a bare pointer, as that may have been read from it a moment ago, and rather
 * any other than one that the using line has made: record.name, ffi.cast(type, handle).
 */
bool ffisan_cholder_find(struct ffisan_state *state, const struct ffisan_cholder_aim *aim,
                         struct ffisan_holder *ret_holder);

/** The same among the holders that died since the last audit. */
bool ffisan_cholder_find_dead(struct ffisan_state *state, const struct ffisan_cholder_aim *aim,
                              struct ffisan_holder *ret_holder);

/**
 * Live blocks of the C heap that holders led to which died since the last audit: their notes say
 * which (finalizer_ctype, finalizer_made).  It may not have been the last that did.
 */
void ffisan_cholder_note_losses(struct ffisan_state *state);

/** The same for one holder, which may be live but out of reach. */
void ffisan_cholder_note_loss(struct ffisan_state *state, const struct ffisan_slot_ref *ref);

/** Has a holder died since the last audit that led to a live block of the C heap? */
bool ffisan_cholder_lost_something(struct ffisan_state *state);

/**
 * "struct point" for a cdata of type "struct point *": what lies where it leads to; NULL when the
 * type does not say (void *, char *).  Kept in the scratch.
 */
const char *ffisan_cholder_target(struct ffisan_scratch *scratch, const char *pointer_type);

#endif
