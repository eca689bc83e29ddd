/* SPDX-License-Identifier: MIT */
/** A lost block as a finding.  Context: as leaks.h; the caller holds ffisan_runtime.lock. */
#ifndef FFISAN_CMEM_LEAKS_REPORT_H
#define FFISAN_CMEM_LEAKS_REPORT_H

#include "runtime/cmem/leaks_mark.h"

void ffisan_leaks_report(struct ffisan_state *state, const struct ffisan_leak *leak);

/** The places that lost more than one block, by size, on the log. */
void ffisan_leaks_list(void);

#endif
