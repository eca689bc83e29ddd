/* SPDX-License-Identifier: MIT */
/**
 * Cdata that only their own finalizers keep alive.  The collector keeps all finalizers, and what
 * they refer to, so one that refers to its own cdata keeps it until the state is closed.
 *
 * The search marks as the collector would if it knew ephemerons: a finalizer counts as reachable
 * when its cdata is.  What is not reached then, and leads to itself through its finalizer, is held
 * for ever.  What somebody may still get at is left out: an object that waits for its own
 * finalizer, which will run, leads to it.
 *
 * Context: the thread of the state, no compiled code under way.  Reads raw memory of the VM, so run
 * it under a guard; `fini` is to be called outside of that.
 */
#ifndef FFISAN_VM_CAPTURED_H
#define FFISAN_VM_CAPTURED_H

#include "base/text.h"
#include "runtime/vm/anchors_search.h"
#include "runtime/vm/finalizers.h"

/** Tagged values. */
struct ffisan_values {
    uint64_t *all;
    uint32_t n;
};

struct ffisan_captured {
    const struct ffisan_vm *vm;
    uint32_t limit;                /**< objects that are visited at most */
    struct ffisan_values roots;    /**< of which the VM does not know */
    struct ffisan_values awaiting; /**< userdata with a finalizer of their own */

    struct ffisan_finalizers finalizers;
    struct ffisan_search reached; /**< from the roots */
    struct ffisan_search held;    /**< else, from captured cdata */
    struct ffisan_search awaited; /**< else, from what waits for its finalizer */
    struct ffisan_search one;     /**< from one finalizer */
    uint32_t n_visited;           /**< by the searches from single finalizers */
};

/** Lists the finalizers.  Returns false when none of them can refer to anything. */
bool ffisan_captured_begin(struct ffisan_captured *captured);

/**
 * A look at what is near each finalizer, cheap: does one lead to its own cdata?  Whether something
 * else does as well is not asked.  `ret_is_certain`: true unless a look ended at its limit.
 */
bool ffisan_captured_is_likely(struct ffisan_captured *captured, bool *ret_is_certain);

/** The search.  Returns false when it was not finished: then nothing is known. */
bool ffisan_captured_search(struct ffisan_captured *captured);

/** Its answer about one of `finalizers`. */
bool ffisan_captured_is_lost(const struct ffisan_captured *captured,
                             const struct ffisan_finalizer *one);

/** Appends the way: "finalizer (buffer.lua:12) → upvalue self.data". */
bool ffisan_captured_add_path(struct ffisan_captured *captured, const struct ffisan_finalizer *one,
                              struct ffisan_text *out);

void ffisan_captured_fini(struct ffisan_captured *captured);

#endif
