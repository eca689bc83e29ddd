/* SPDX-License-Identifier: MIT */
#include "runtime/origin.h"

#include "runtime/origin_fast.h"
#include "runtime/vm/luacall.h"

#include <string.h>

/* Nothing is ever thrown out to make room, so that the same run finds the same; NULL = full. */
static struct ffisan_origin_memo *find_memo(struct ffisan_state *state, uintptr_t caller,
                                            uint32_t trace)
{
    struct ffisan_origin_memo *first = ffisan_origin_memo(state, caller, trace);
    size_t start = (size_t)(first - state->memos);
    for (size_t i = 0; caller != 0 && i < 16; i++) {
        struct ffisan_origin_memo *memo = &state->memos[(start + i) % FFISAN_ORIGIN_MEMOS];
        if (memo->caller == caller && memo->trace == trace)
            return memo;
        if (memo->caller == 0) {
            *memo = (struct ffisan_origin_memo){.caller = caller, .trace = trace};
            return memo;
        }
    }
    return NULL;
}

/* Objects of which C never gets an address that it could use. */
static bool is_internal(uint8_t gct)
{
    return gct == LJ_GCT_TAB || gct == LJ_GCT_FUNC || gct == LJ_GCT_UPVAL;
}

static bool is_trusted_internal(const struct ffisan_origin_memo *memo)
{
    return ffisan_origin_is_trusted(memo) && is_internal(memo->books.type & FFISAN_SLOT_TYPE_MASK);
}

/*
 * What the running trace makes.  It links objects itself that it asks plain memory for, and those
 * are cdata; else a function of the VM makes always the same, for whomever.
 */
static enum ffisan_luadoing doing_of(struct ffisan_state *state,
                                     const struct ffisan_origin_memo *memo, bool is_helper)
{
    if (!memo || !is_helper)
        return is_helper ? FFISAN_LUA_ALLOCATES : FFISAN_LUA_MAKES_CDATA;
    uint8_t gct = memo->books.type & FFISAN_SLOT_TYPE_MASK;
    if (!gct)
        gct = ffisan_origin_memo(state, memo->caller, 0)->books.type & FFISAN_SLOT_TYPE_MASK;
    if (gct == LJ_GCT_CDATA)
        return FFISAN_LUA_MAKES_CDATA;
    return gct == LJ_GCT_STR ? FFISAN_LUA_MAKES_STRINGS : FFISAN_LUA_ALLOCATES;
}

/* Where speed was asked for, one line stands for all of a trace that ask the same function. */
static bool is_one_for_all(const struct ffisan_state *state)
{
    return state->schedule.gc == FFISAN_GC_NATURAL;
}

static struct ffisan_origin in_compiled_code(struct ffisan_state *state, uintptr_t caller,
                                             uint32_t trace)
{
    if (!caller)
        caller = FFISAN_ORIGIN_SOMEWHERE;
    struct ffisan_origin origin = {.memo = find_memo(state, caller, trace)};
    const struct lj_trace *code = ffisan_luastack_trace(&state->vm, trace);
    bool is_helper = !code || caller - code->mcode >= code->szmcode;
    if (is_helper)
        caller = ffisan_luastack_machine_pc(&state->vm) ?: caller;
    origin.stack = ffisan_stacks_doing(state->stacks, &state->vm, caller,
                                       doing_of(state, origin.memo, is_helper), &origin.visits);
    if (!origin.memo)
        return origin;
    origin.memo->is_helper = is_helper;
    if (!is_helper || is_trusted_internal(origin.memo) || is_one_for_all(state))
        origin.memo->books.stack = origin.stack;
    return origin;
}

static void set_group(struct ffisan_state *state, struct ffisan_origin_memo *memo,
                      enum ffisan_slot_group group)
{
    memo->group = (uint8_t)group;
    memo->bins = state->heap.bins[group];
}

void ffisan_origin_learn(struct ffisan_state *state, struct ffisan_origin_memo *memo, uint8_t type)
{
    uint8_t gct = type & FFISAN_SLOT_TYPE_MASK;
    if (!memo || memo->caller == FFISAN_ORIGIN_SOMEWHERE)
        return;
    if (memo->books.type != type) {
        uint8_t old_gct = memo->books.type & FFISAN_SLOT_TYPE_MASK;
        memo->is_mixed |= memo->n_seen == FFISAN_ORIGIN_TRUST || (old_gct && gct && old_gct != gct);
        memo->n_seen = 0;
    }
    memo->books.type = type;
    if (memo->n_seen < FFISAN_ORIGIN_TRUST && !memo->is_mixed)
        memo->n_seen++;
    bool is_holder = gct == LJ_GCT_CDATA || gct == LJ_GCT_UDATA;
    set_group(state, memo,
              is_holder          ? FFISAN_GROUP_HOLDER
              : is_internal(gct) ? FFISAN_GROUP_INTERNAL
                                 : FFISAN_GROUP_ANY);
    bool is_trusted = ffisan_origin_is_trusted(memo);
    memo->needs_no_stack = is_trusted && memo->trace == 0 && is_internal(gct);
    bool has_stack = memo->books.stack != 0 || memo->needs_no_stack;
    bool is_in_trace =
        memo->trace != 0 && (!memo->is_helper || is_internal(gct) || is_one_for_all(state));
    if (!is_trusted || (!has_stack && is_in_trace))
        memo->readiness = FFISAN_ORIGIN_UNREADY;
    else if (state->schedule.gc != FFISAN_GC_NATURAL)
        memo->readiness = FFISAN_ORIGIN_VISIT;
    else
        memo->readiness = has_stack ? FFISAN_ORIGIN_READY : FFISAN_ORIGIN_STACK;
}

void ffisan_origin_learn_ctype(struct ffisan_state *state, struct ffisan_origin_memo *memo,
                               uint32_t ctypeid)
{
    if (!memo || memo->trace == 0 || memo->n_seen < FFISAN_ORIGIN_TRUST)
        return;
    const struct lj_trace *trace = ffisan_luastack_trace(&state->vm, memo->trace);
    if (!trace || memo->caller - trace->mcode >= trace->szmcode)
        return; /* it called a helper of the VM, which makes all types */
    const struct ffisan_ctype_map *map = ffisan_state_ctype_map(state, (uint16_t)ctypeid);
    if (!map->has_pointers && !map->has_evidence)
        set_group(state, memo, FFISAN_GROUP_ANY);
}

/* Sites that need no stack are told apart by the running instruction. */
static uint32_t count_visit(struct ffisan_state *state)
{
    uint64_t pc = ffisan_luacall_pc(&state->vm);
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

bool ffisan_origin_is_new_code(struct ffisan_state *state)
{
    return count_visit(state) == 1;
}

static struct ffisan_origin in_interpreter(struct ffisan_state *state,
                                           struct ffisan_origin_memo *memo)
{
    uint32_t stack = 0, visits = 0; /* two words that are read as one again would cost 4 ns */
    if (!memo || !memo->needs_no_stack)
        stack = ffisan_stacks_here(state->stacks, &state->vm, 0, &visits);
    else if (state->schedule.gc == FFISAN_GC_AUTO)
        visits = count_visit(state);
    return (struct ffisan_origin){.stack = stack, .visits = visits, .memo = memo};
}

struct ffisan_origin ffisan_origin_find_slow(struct ffisan_state *state, uintptr_t helper,
                                             uintptr_t cfa)
{
    int32_t vmstate = *state->vmstate;
    if (vmstate > 0)
        return in_compiled_code(state, ffisan_caller_find(helper, cfa), (uint32_t)vmstate);
    if (!ffisan_caller_is_known(helper))
        ffisan_caller_learn(helper, state->api->module);
    if (vmstate == LJ_VMST_RECORD) /* the compiler's own objects, and what it finds out early */
        return in_interpreter(state, NULL);
    if (vmstate != LJ_VMST_INTERP && vmstate != LJ_VMST_C)
        return (struct ffisan_origin){0};
    return in_interpreter(state, find_memo(state, ffisan_caller_find(helper, cfa), 0));
}

struct ffisan_origin ffisan_origin_visit(struct ffisan_state *state,
                                         struct ffisan_origin_memo *memo)
{
    struct ffisan_origin origin = {.stack = memo->books.stack, .memo = memo};
    int32_t vmstate = *state->vmstate;
    if (origin.stack && state->schedule.gc == FFISAN_GC_AUTO)
        origin.visits = ffisan_stacks_visit(state->stacks, origin.stack);
    else if (!origin.stack && vmstate > 0)
        origin = in_compiled_code(state, memo->caller, (uint32_t)vmstate);
    else if (!origin.stack && lj_vmstate_is_interpreter(vmstate))
        origin = in_interpreter(state, memo);
    return origin;
}

void ffisan_origin_forget_trace(struct ffisan_state *state, uint32_t trace)
{
    for (unsigned i = 0; i < FFISAN_ORIGIN_MEMOS; i++)
        if (state->memos[i].trace == trace && trace != 0)
            state->memos[i] = (struct ffisan_origin_memo){.caller = UINTPTR_MAX};
}

static bool is_gone(struct ffisan_state *state, uintptr_t code)
{
    struct ffisan_slot_ref ref;
    return code > 1 && ffisan_heap_find(&state->heap, code, &ref) &&
           ffisan_slot_state(&ref) != FFISAN_SLOT_LIVE;
}

static void forget_sites(struct ffisan_state *state, struct ffisan_site_visits *sites)
{
    for (unsigned i = 0; i < FFISAN_SITES; i++)
        if (is_gone(state, sites[i].pc))
            sites[i].pc = 1; /* taken, and never found again */
}

void ffisan_origin_forget_dead_code(struct ffisan_state *state)
{
    forget_sites(state, state->sites);
    forget_sites(state, state->visited_lines);
    for (unsigned i = 0; i < FFISAN_LIVE_MEMOS; i++)
        if (is_gone(state, state->live_memos[i].bytecode))
            state->live_memos[i].bytecode = 0;
}
