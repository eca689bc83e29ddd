/* SPDX-License-Identifier: MIT */
/** `why` and `fix` for a descriptor that the collector has closed.  Context: as report.h. */
#ifndef FFISAN_REPORT_EXPLAIN_DESCRIPTOR_H
#define FFISAN_REPORT_EXPLAIN_DESCRIPTOR_H

#include "runtime/report/report.h"

/**
 * The descriptor, the block, was used.  `reopened`: where a stream was opened that has the number
 * now; empty when none has.
 */
void ffisan_explain_descriptor(struct ffisan_scratch *scratch, struct ffisan_finding *finding,
                               const struct ffisan_stack *reopened);

#endif
