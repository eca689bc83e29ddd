/* SPDX-License-Identifier: MIT */
#include "runtime/origin.h"

#include "runtime/origin_fast.h"

#include <string.h>

static struct ffisan_origin_memo *find_memo(struct ffisan_state *state, uintptr_t caller,
                                            uint32_t trace)
{
    struct ffisan_origin_memo *memo = ffisan_origin_memo(state, caller, trace);
    if (memo->caller != caller || memo->trace != trace)
        *memo = (struct ffisan_origin_memo){.caller = caller, .trace = trace};
    return memo;
}

static struct ffisan_origin in_compiled_code(struct ffisan_state *state, uintptr_t caller,
                                             uint32_t trace)
{
    struct ffisan_origin_memo *memo = find_memo(state, caller, trace);
    uint32_t visits;
    if (__builtin_expect(memo->stack == 0, 0))
        memo->stack = ffisan_stacks_here(state->stacks, &state->vm, caller, &visits);
    return (struct ffisan_origin){.stack = memo->stack, .visits = ++memo->visits, .memo = memo};
}

void ffisan_origin_learn(struct ffisan_origin_memo *memo, uint8_t type)
{
    uint8_t gct = type & FFISAN_SLOT_TYPE_MASK;
    if (!memo || memo->caller == 0)
        return;
    if (memo->type != type)
        memo->n_seen = 0;
    memo->type = type;
    if (memo->n_seen < FFISAN_ORIGIN_TRUST)
        memo->n_seen++;
    memo->is_holder = gct == LJ_GCT_CDATA || gct == LJ_GCT_UDATA;
    memo->needs_no_stack = memo->trace == 0 && memo->n_seen == FFISAN_ORIGIN_TRUST &&
                           (gct == LJ_GCT_TAB || gct == LJ_GCT_FUNC || gct == LJ_GCT_UPVAL);
}

/* Sites that need no stack are told apart by the running instruction. */
static uint32_t count_visit(struct ffisan_state *state)
{
    uint64_t pc = ffisan_luastack_pc(&state->vm);
    uint64_t key = pc * UINT64_C(0x9e3779b97f4a7c15) >> 40;
    for (unsigned i = 0; pc && i < 8; i++) {
        struct ffisan_site_visits *site = &state->sites[(key + i) % FFISAN_SITES];
        if (site->pc == 0)
            site->pc = pc;
        if (site->pc == pc)
            return ++site->visits;
    }
    return 0;
}

static struct ffisan_origin in_interpreter(struct ffisan_state *state, uintptr_t caller)
{
    struct ffisan_origin origin = {.memo = find_memo(state, caller, 0)};
    if (origin.memo->needs_no_stack) {
        if (state->schedule.gc == FFISAN_GC_AUTO)
            origin.visits = count_visit(state);
        return origin;
    }
    origin.stack = ffisan_stacks_here(state->stacks, &state->vm, 0, &origin.visits);
    return origin;
}

struct ffisan_origin ffisan_origin_find_slow(struct ffisan_state *state, uintptr_t helper,
                                             uintptr_t cfa)
{
    int32_t vmstate = *state->vmstate;
    if (vmstate > 0)
        return in_compiled_code(state, ffisan_caller_find(helper, cfa), (uint32_t)vmstate);
    if (!ffisan_caller_is_known(helper))
        ffisan_caller_learn(helper);
    if (vmstate != LJ_VMST_INTERP && vmstate != LJ_VMST_C)
        return (struct ffisan_origin){0};
    return in_interpreter(state, ffisan_caller_find(helper, cfa));
}

void ffisan_origin_forget(struct ffisan_state *state)
{
    for (unsigned i = 0; i < FFISAN_ORIGIN_MEMOS; i++)
        if (state->memos[i].trace)
            state->memos[i] = (struct ffisan_origin_memo){0};
    memset(state->visited_lines, 0, sizeof(state->visited_lines));
    memset(state->sites, 0, sizeof(state->sites));
    for (unsigned i = 0; i < FFISAN_LIVE_MEMOS; i++)
        state->live_memos[i].bytecode = 0;
}
