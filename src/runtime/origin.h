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

#include "runtime/report/stacks.h"

#define FFISAN_ORIGIN_MEMOS 512

/** What is known of one place that allocates. */
struct ffisan_origin_memo {
    uintptr_t caller; /**< code that asked for memory */
    uint32_t trace;   /**< compiled code: number of the trace; interpreter: 0 */
    uint32_t stack;   /**< compiled code: the stack */
    uint32_t visits;  /**< compiled code: how often */
    uint8_t gct;      /**< what the block became last time; 0 = not an object in the lists */
};

struct ffisan_origin {
    uint32_t stack;                  /**< 0 = unknown or not needed */
    uint32_t visits;                 /**< of this site, this time included; 0 = unknown */
    struct ffisan_origin_memo *memo; /**< to be told what the block became; may be NULL */
};

struct ffisan_state;

/**
 * `helper`, `cfa`: return address and frame of the allocator function.  ffisan_origin_find of
 * origin_fast.h answers at once for compiled code that was seen before.
 * Context: inside the state's allocator.
 */
struct ffisan_origin ffisan_origin_find_slow(struct ffisan_state *state, uintptr_t helper,
                                             uintptr_t cfa);

/** Compiled code has died: its addresses may come to mean something else. */
void ffisan_origin_forget(struct ffisan_state *state);

#endif
