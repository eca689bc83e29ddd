/* SPDX-License-Identifier: MIT */
/**
 * Where the program stored the address of a block: by an assignment to a field, an element or a
 * variable, or by giving it to a C function.  The interpreter shows that; code that is compiled
 * later does the same with blocks that are made in the same place, so the line is known of these.
 * Context: the thread of the state; finding also where a report is made.
 */
#ifndef FFISAN_REPORT_STORES_H
#define FFISAN_REPORT_STORES_H

#include "runtime/report/report.h"

struct ffisan_state;
struct ffisan_holder;

/** A block: `made` as in the books of its slot. */
struct ffisan_stored {
    uintptr_t block;
    uint32_t made;
    bool is_c; /**< memory of C */
};

#define FFISAN_STORE_INTO 3

/** Where it may have gone. */
struct ffisan_store_into {
    uintptr_t address;
    uintptr_t start; /**< of the content of the block there; 0 = not known */
    uint32_t made;   /**< of that block; 0 = not known */
    uint32_t
        stride; /**< an assignment to just this address, in a struct of so many bytes; else 0 */
    bool is_c;
};

/** Its address went somewhere. */
struct ffisan_store {
    struct ffisan_stored what;
    struct ffisan_store_into into[FFISAN_STORE_INTO]; /**< what was assigned to; the other arguments
                                                           of a call */
    uintptr_t callee;                                 /**< the C function; 0: an assignment */
    bool is_const;  /**< by its declaration the C function only reads */
    uint64_t place; /**< the instruction */
};

/** Lua code that runs now does it. */
void ffisan_stores_note(struct ffisan_state *state, const struct ffisan_store *store);

/**
 * Fills in where a finding's pointer to `what` was stored, if that was seen.  `holders` are the
 * places that the pointer was found in, the one that is named first.  The finding's use is known.
 */
void ffisan_stores_describe(const struct ffisan_state *state, const struct ffisan_stored *what,
                            const struct ffisan_holder *const *holders, size_t n_holders,
                            struct ffisan_scratch *scratch, struct ffisan_finding *finding);

void ffisan_stores_forget(struct ffisan_state *state);
void ffisan_stores_free(struct ffisan_state *state);

#endif
