/* SPDX-License-Identifier: MIT */
/** The part of origin.h that is inlined into the allocator function. */
#ifndef FFISAN_RUNTIME_ORIGIN_FAST_H
#define FFISAN_RUNTIME_ORIGIN_FAST_H

#include "runtime/state.h"
#include "runtime/vm/caller.h"

static inline struct ffisan_origin_memo *ffisan_origin_memo(struct ffisan_state *state,
                                                            uintptr_t caller, uint32_t trace)
{
    _Static_assert(sizeof(state->memos) == 1u << 16, "16 bits of the hash tell the place");
    uint64_t hash = (caller ^ (uint64_t)trace << 40) * UINT64_C(0x9e3779b97f4a7c15);
    size_t bytes = hash >> 48 & -sizeof(struct ffisan_origin_memo);
    return (struct ffisan_origin_memo *)((char *)state->memos + bytes);
}

/** The place that asks, if blocks may be handed out there at once; else NULL. */
static inline struct ffisan_origin_memo *ffisan_origin_ready(struct ffisan_state *state,
                                                             uintptr_t helper, uintptr_t cfa)
{
    int32_t vmstate = *state->vmstate;
    uint32_t trace = vmstate > 0 ? (uint32_t)vmstate : 0;
    uintptr_t caller = ffisan_caller_find_fast(helper, cfa);
    struct ffisan_origin_memo *memo = ffisan_origin_memo(state, caller, trace);
    if (__builtin_expect(memo->caller != caller || memo->trace != trace, 0)) {
        if (++memo == state->memos + FFISAN_ORIGIN_MEMOS) /* another one was there first */
            memo = state->memos;
        if (memo->caller != caller || memo->trace != trace)
            return NULL;
    }
    return __builtin_expect(memo->readiness != FFISAN_ORIGIN_UNREADY, 1) ? memo : NULL;
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
