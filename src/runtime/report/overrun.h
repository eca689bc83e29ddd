/* SPDX-License-Identifier: MIT */
/** An access beyond the end of a block of the Lua heap, seen before it happens, as a finding. */
#ifndef FFISAN_REPORT_OVERRUN_H
#define FFISAN_REPORT_OVERRUN_H

#include "runtime/report/report.h"

struct ffisan_slot_ref;
struct ffisan_state;

struct ffisan_overrun {
    uintptr_t address; /**< where it begins */
    size_t size;
    uintptr_t end;  /**< of the block's content */
    bool is_fault;  /**< it happened on the pages of a neighbour */
    bool is_before; /**< it lies before the content of the block */
    bool is_crash;  /**< what was read there was used as an address */
    enum ffisan_access access;
    const char *function; /**< that will do it; NULL for an element or field */
    bool is_element;      /**< of an array, with that index */
    bool is_own_array;    /**< the array is the object that was indexed, no pointer leads to it */
    int64_t index;
};

/** Does it begin in the block, and end behind it? */
static inline bool ffisan_overrun_is_partly_inside(const struct ffisan_overrun *overrun)
{
    return overrun->address < overrun->end && overrun->address + overrun->size > overrun->end;
}

/** The first byte that lies outside. */
static inline uintptr_t ffisan_overrun_first(const struct ffisan_overrun *overrun)
{
    return ffisan_overrun_is_partly_inside(overrun) ? overrun->end : overrun->address;
}

/** Fills in title, why and fix. */
void ffisan_overrun_explain(const struct ffisan_overrun *overrun, struct ffisan_scratch *scratch,
                            struct ffisan_finding *finding);

/** Context: the state's thread. */
void ffisan_overrun_report(struct ffisan_state *state, const struct ffisan_slot_ref *ref,
                           const struct ffisan_overrun *overrun);

#endif
