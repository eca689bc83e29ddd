/* SPDX-License-Identifier: MIT */
/** The part of origin.h that is inlined into the allocator function. */
#ifndef FFISAN_RUNTIME_ORIGIN_FAST_H
#define FFISAN_RUNTIME_ORIGIN_FAST_H

#include "runtime/state.h"
#include "runtime/vm/caller.h"

static inline struct ffisan_origin_memo *ffisan_origin_memo(struct ffisan_state *state,
                                                            uintptr_t caller, uint32_t trace)
{
    size_t bytes = ((caller >> 2 ^ caller >> 11) + trace * 8) * sizeof(struct ffisan_origin_memo);
    return (struct ffisan_origin_memo *)((char *)state->memos + bytes % sizeof(state->memos));
}

/** The place that asks, if blocks may be handed out there at once; else NULL. */
static inline const struct ffisan_origin_memo *ffisan_origin_ready(struct ffisan_state *state,
                                                                   uintptr_t helper, uintptr_t cfa)
{
    int32_t vmstate = *state->vmstate;
    uint32_t trace = vmstate > 0 ? (uint32_t)vmstate : 0;
    uintptr_t caller = ffisan_caller_find_fast(helper, cfa);
    const struct ffisan_origin_memo *memo = ffisan_origin_memo(state, caller, trace);
    bool is_it = memo->caller == caller && memo->trace == trace && memo->readiness;
    return __builtin_expect(is_it, 1) ? memo : NULL;
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
        uint32_t stack = memo->books.stack;
        if (__builtin_expect(memo->caller == caller && memo->trace == trace && caller != 0, 1) &&
            (stack != 0 || (memo->needs_no_stack && state->schedule.gc == FFISAN_GC_NATURAL)))
            return (struct ffisan_origin){.stack = stack,
                                          .visits = state->schedule.gc == FFISAN_GC_AUTO
                                                        ? ffisan_stacks_visit(state->stacks, stack)
                                                        : 0,
                                          .memo = memo};
    }
    return ffisan_origin_find_slow(state, helper, cfa);
}

#endif
