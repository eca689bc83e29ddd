/* SPDX-License-Identifier: MIT */
/**
 * Where a block was asked for, cheaply: the front of report/stacks.h on the allocation path.
 *
 * The VM's code that asked (lj_tab_new, lj_str_new ..., or a place in compiled code) is known from
 * its return address, and with it what kind of object it makes.  Objects that nobody can point to
 * from C (tables, closures, upvalues) need no stack.  A place in compiled code always has the same
 * stack.  In the interpreter the chain of return addresses is walked.
 */
#ifndef FFISAN_RUNTIME_ORIGIN_H
#define FFISAN_RUNTIME_ORIGIN_H

#include "runtime/heap/region.h"
#include "runtime/report/stacks.h"

#define FFISAN_ORIGIN_MEMOS 2048

/** Stands for a place in compiled code that could not be found out. */
#define FFISAN_ORIGIN_SOMEWHERE 1

/** May a block be handed out at once? */
enum ffisan_origin_readiness {
    FFISAN_ORIGIN_UNREADY, /**< what becomes of it has to be looked at */
    FFISAN_ORIGIN_READY,   /**< all about it is known */
    FFISAN_ORIGIN_STACK,   /**< all but its stack (interpreter) */
    FFISAN_ORIGIN_VISIT,   /**< visits have to be counted: cycles may be forced */
};

/** What is known of one place that allocates. */
struct ffisan_origin_memo {
    uintptr_t caller;         /**< code that asked for memory */
    struct ffisan_bin *bins;  /**< of the group in the state's heap */
    struct ffisan_slot books; /**< of its blocks: what they become, and the stack (compiled code) */
    uint32_t trace;           /**< compiled code: number of the trace; interpreter: 0 */
    uint8_t group;            /**< what is known of its blocks (enum ffisan_slot_group) */
    uint8_t n_seen;           /**< blocks in a row that became this, up to FFISAN_ORIGIN_TRUST */
    uint8_t readiness;        /**< enum ffisan_origin_readiness */
    bool is_mixed : 1;        /**< makes objects of several types: never trusted */
    bool needs_no_stack : 1;  /**< tables, closures ...: no address of them ever reaches C */
    bool is_helper : 1;       /**< code of the VM that compiled code calls, from many places */
};
_Static_assert(sizeof(struct ffisan_origin_memo) == 32, "a power of two");

/** The same code makes the same kind of object; after so many blocks it is taken as certain. */
#define FFISAN_ORIGIN_TRUST 8

struct ffisan_origin {
    uint32_t stack;                  /**< 0 = unknown or not needed */
    uint32_t visits;                 /**< of this site, this time included; 0 = unknown */
    struct ffisan_origin_memo *memo; /**< to be told what the block became; may be NULL */
};

static inline bool ffisan_origin_is_trusted(const struct ffisan_origin_memo *memo)
{
    return memo && memo->n_seen == FFISAN_ORIGIN_TRUST;
}

struct ffisan_state;

/**
 * `helper`, `cfa`: return address and frame of the allocator function.  ffisan_origin_find of
 * origin_fast.h answers at once for compiled code that was seen before.
 * Context: inside the state's allocator.
 */
struct ffisan_origin ffisan_origin_find_slow(struct ffisan_state *state, uintptr_t helper,
                                             uintptr_t cfa);

/** The stack and the visits of a place that is known, which runs now. */
struct ffisan_origin ffisan_origin_visit(struct ffisan_state *state,
                                         struct ffisan_origin_memo *memo);

/** A block from this place has become an object of that type (0: no object in the VM's lists). */
void ffisan_origin_learn(struct ffisan_state *state, struct ffisan_origin_memo *memo, uint8_t type);

/**
 * A block from this place has become a cdata of that type.  An allocation that was compiled into a
 * trace always makes the same type; when no pointer fits into it, its objects need no search.
 */
void ffisan_origin_learn_ctype(struct ffisan_state *state, struct ffisan_origin_memo *memo,
                               uint32_t ctypeid);

/**
 * Does the running instruction allocate for the first time?  A stack can be new although its code
 * is not: recursion, many callers.  Counts a visit.
 */
bool ffisan_origin_is_new_code(struct ffisan_state *state);

/** A trace has died: the addresses of its machine code may be reused at once. */
void ffisan_origin_forget_trace(struct ffisan_state *state, uint32_t trace);

/** Functions have died since the last audit: forgets their addresses, before they are reused. */
void ffisan_origin_forget_dead_code(struct ffisan_state *state);

#endif
