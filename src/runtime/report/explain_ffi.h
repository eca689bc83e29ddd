/* SPDX-License-Identifier: MIT */
/**
 * Why, and what to change, for findings about callbacks and libraries: fill in `why`, `fix` and,
 * where it depends on more than the kind, `title`.  Context: as describe.h.
 */
#ifndef FFISAN_REPORT_EXPLAIN_FFI_H
#define FFISAN_REPORT_EXPLAIN_FFI_H

#include "runtime/report/report.h"

/** Why a callback cannot be called. */
enum ffisan_callback_end {
    FFISAN_CALLBACK_FREED,
    FFISAN_CALLBACK_CLOSED,   /**< its state was closed */
    FFISAN_CALLBACK_COMPILED, /**< compiled code called the C function that calls it */
};

void ffisan_explain_callback(struct ffisan_scratch *scratch, struct ffisan_finding *finding,
                             enum ffisan_callback_end end);

/** Of the callback slots `n_used` are taken, `n_from_there` by the place that made the block. */
void ffisan_explain_slots(struct ffisan_scratch *scratch, struct ffisan_finding *finding,
                          unsigned n_used, unsigned n_from_there);

/** `n` callbacks that the place has made are in use, and nothing leads to them. */
void ffisan_explain_lost_slots(struct ffisan_scratch *scratch, struct ffisan_finding *finding,
                               unsigned n);

/** A library was used after it had been unloaded; `symbol` of it, or NULL. */
void ffisan_explain_unloaded(struct ffisan_scratch *scratch, struct ffisan_finding *finding,
                             const char *symbol, bool by_collector);

/** A callback was entered on a coroutine that is gone, the block. */
void ffisan_explain_dead_thread(struct ffisan_scratch *scratch, struct ffisan_finding *finding);

#endif
