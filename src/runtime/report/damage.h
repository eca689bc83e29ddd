/* SPDX-License-Identifier: MIT */
/** Blocks that were found overwritten, as findings.  Context: the state's thread. */
#ifndef FFISAN_REPORT_DAMAGE_H
#define FFISAN_REPORT_DAMAGE_H

#include "runtime/report/here.h"

struct ffisan_state;

/** A call of a C function that has just returned; all was well before it. */
struct ffisan_culprit {
    const char *function; /**< NULL = not known by name */
    const char *before;   /**< how the string argument began before the call; NULL = not known */
    size_t n_before;      /**< bytes of it that were kept */
    bool is_crash;        /**< it is not known: found when the program crashed */
    bool is_initializer;  /**< it made the block, as a copy of a string */
};

/** Reports and empties the queue of the state's heap.  `culprit`: NULL = not known. */
void ffisan_damage_report(struct ffisan_state *state, const struct ffisan_culprit *culprit);

/** Fills in finding->use: the stack that runs now, in which `function` was called. */
void ffisan_damage_blame(struct ffisan_state *state, struct ffisan_here *here, const char *function,
                         struct ffisan_scratch *scratch, struct ffisan_finding *finding);

#endif
