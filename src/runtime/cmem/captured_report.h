/* SPDX-License-Identifier: MIT */
/** Captured objects as a finding.  Context: as captured.h; caller holds ffisan_runtime.lock. */
#ifndef FFISAN_CMEM_CAPTURED_REPORT_H
#define FFISAN_CMEM_CAPTURED_REPORT_H

#include "runtime/vm/captured.h"

struct ffisan_state;

/** Objects that were made in one place and are held by the same function. */
struct ffisan_captured_group {
    const struct ffisan_finalizer *one;
    uint64_t code; /**< bytecode of the function */
    uint32_t made; /**< stack */
    uint32_t n;
};

void ffisan_captured_report(struct ffisan_state *state, struct ffisan_captured *captured,
                            const struct ffisan_captured_group *group);

#endif
