/* SPDX-License-Identifier: MIT */
/** The part of origin.h that is inlined into the allocator function. */
#ifndef FFISAN_RUNTIME_ORIGIN_FAST_H
#define FFISAN_RUNTIME_ORIGIN_FAST_H

#include "runtime/state.h"
#include "runtime/vm/caller.h"

static inline struct ffisan_origin_memo *ffisan_origin_memo(struct ffisan_state *state,
                                                            uintptr_t caller, uint32_t trace)
{
    size_t hash = (caller >> 2) ^ (caller >> 11) ^ trace * 31;
    return &state->memos[hash % FFISAN_ORIGIN_MEMOS];
}

static inline struct ffisan_origin ffisan_origin_find(struct ffisan_state *state, uintptr_t helper,
                                                      uintptr_t cfa)
{
    int32_t vmstate = *state->vmstate;
    if (__builtin_expect(vmstate >= LJ_VMST_C, 1)) {
        uint32_t trace = vmstate > 0 ? (uint32_t)vmstate : 0;
        uintptr_t caller = ffisan_caller_find(helper, cfa);
        if (trace && !caller)
            caller = FFISAN_ORIGIN_SOMEWHERE;
        struct ffisan_origin_memo *memo = ffisan_origin_memo(state, caller, trace);
        if (__builtin_expect(memo->caller == caller && memo->trace == trace && caller != 0, 1) &&
            (memo->stack != 0 || (memo->needs_no_stack && state->schedule.gc == FFISAN_GC_NATURAL)))
            return (struct ffisan_origin){.stack = memo->stack,
                                          .visits =
                                              state->schedule.gc == FFISAN_GC_AUTO
                                                  ? ffisan_stacks_visit(state->stacks, memo->stack)
                                                  : 0,
                                          .memo = memo};
    }
    return ffisan_origin_find_slow(state, helper, cfa);
}

#endif
