/* SPDX-License-Identifier: MIT */
/**
 * `why` and `fix` for the kinds of finding about C memory: use-after-free, double-free,
 * invalid-free, leak.  Context: as report.h.
 */
#ifndef FFISAN_REPORT_EXPLAIN_MEMORY_H
#define FFISAN_REPORT_EXPLAIN_MEMORY_H

#include "runtime/report/report.h"

/** `in_finalizer`: what is reported happened in a finalizer; a use: in that of an owner. */
void ffisan_explain_memory(struct ffisan_scratch *scratch, struct ffisan_finding *finding,
                           bool in_finalizer);

/** A finalizer refers to its own object; `n` of them are held so. holder.path says how. */
void ffisan_explain_captured(struct ffisan_scratch *scratch, struct ffisan_finding *finding,
                             uint32_t n);

#endif
