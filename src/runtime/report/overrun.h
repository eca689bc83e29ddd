/* SPDX-License-Identifier: MIT */
/** An access beyond the end of a block of the Lua heap, seen before it happens, as a finding. */
#ifndef FFISAN_REPORT_OVERRUN_H
#define FFISAN_REPORT_OVERRUN_H

#include "runtime/heap/heap.h"
#include "wire/finding.h"

struct ffisan_state;

struct ffisan_overrun {
    uintptr_t address; /**< where it begins */
    size_t size;
    uintptr_t end; /**< of the block's content */
    enum ffisan_access access;
    const char *function; /**< that will do it */
};

/** Context: the state's thread. */
void ffisan_overrun_report(struct ffisan_state *state, const struct ffisan_slot_ref *ref,
                           const struct ffisan_overrun *overrun);

#endif
