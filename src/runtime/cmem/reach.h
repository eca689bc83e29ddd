/* SPDX-License-Identifier: MIT */
/**
 * What the Lua code of a state can still reach when the program ends by exit.  No collection has
 * taken then what it cannot, and none will: an address in such a cdata keeps nothing.
 * Context: the thread of the state; ffisan_runtime.lock is held.
 */
#ifndef FFISAN_CMEM_REACH_H
#define FFISAN_CMEM_REACH_H

#include "runtime/state.h"
#include "runtime/vm/anchors_search.h"
#include "runtime/vm/finalizers.h"

struct ffisan_reach {
    struct ffisan_state *state;
    struct ffisan_finalizers finalizers;
    struct ffisan_search search;
    bool is_known; /**< the search is complete */
};

/** Searches, if Lua code stands still.  Reads raw memory of the VM, guarded.  `end` must follow. */
void ffisan_reach_begin(struct ffisan_reach *reach, struct ffisan_state *state);
void ffisan_reach_end(struct ffisan_reach *reach);

/**
 * Is the object certainly out of reach?  One that has a finalizer, or that such a one leads to, is
 * not, as finalizers free.
 */
bool ffisan_reach_is_beyond(const struct ffisan_reach *reach, const struct ffisan_slot_ref *ref);

#endif
