/* SPDX-License-Identifier: MIT */
/* (Sources: lj_record.c, lj_snap.c: when snapshots are taken, and which position they have.) */
#include "runtime/vm/tracepath.h"

#include "runtime/vm/ffiplaces.h"
#include "runtime/vm/liveness_ops.h"
#include "runtime/vm/proto.h"
#include "runtime/vm/tailcall_callee.h"
#include "runtime/vm/tracestack.h"

#include <string.h>

enum { MAX_STEPS = 512, MAX_BRANCHES = 8 };

/* How well an instruction fits. */
enum rank { UNFIT, POSSIBLE, LIKELY, N_RANKS };

/* One function on the way; `pc` is what runs next, or the call that it waits for. */
struct level {
    const struct lj_proto *proto;
    const struct lj_func *function; /* NULL: not known */
    uint32_t pc;
};

struct walk {
    const struct ffisan_tracepath *path;
    struct level levels[FFISAN_TRACEPATH_DEPTH]; /* outermost first */
    uint32_t depth;
    uint32_t n_steps, n_branches;
    bool is_root; /* the outermost level is the function whose slots are known */
    /* What was met: how much that fits so well, and the one that is wanted. */
    uint32_t n_met[N_RANKS];
    enum rank wanted_rank;
    uint32_t wanted_index;
    uint32_t n_c_calls; /* that the interpreter has seen to be calls of C functions */
    bool wants_c_call;  /* the index is one of these */
    struct level found[FFISAN_TRACEPATH_DEPTH];
    uint32_t found_depth; /* 0 = none */
};

static uint64_t load(uintptr_t address)
{
    return *(const uint64_t *)address;
}

static bool is_code_of(uint64_t value, const struct lj_proto *proto)
{
    const struct lj_func *function = (const struct lj_func *)lj_tv_object(value);
    return function->ffid == 0 && function->pc == (uint64_t)proto + sizeof(*proto);
}

static const struct lj_proto *proto_of(const struct lj_func *function)
{
    return (const struct lj_proto *)(function->pc - sizeof(struct lj_proto));
}

/* A function with that code among the constants of the trace, or NULL. */
static const struct lj_func *function_of(const struct ffisan_tracepath *path,
                                         const struct lj_proto *proto)
{
    const struct lj_trace *trace = path->trace;
    if (path->base && is_code_of(load(path->base - 16), proto))
        return (const struct lj_func *)lj_tv_object(load(path->base - 16));
    uint32_t ref = trace->nk;
    const struct lj_header *object;
    while ((object = lj_trace_object(trace, &ref)) != NULL)
        if (object->gct == LJ_GCT_FUNC && is_code_of((uint64_t)object, proto))
            return (const struct lj_func *)object;
    return NULL;
}

static bool is_between(uint32_t op, uint32_t first, uint32_t last)
{
    return op >= first && op <= last;
}

static uintptr_t pc_of(const struct level *level)
{
    return (uintptr_t)&level->proto->bc[level->pc];
}

static struct level *top(struct walk *walk)
{
    return &walk->levels[walk->depth - 1];
}

/* Slots of the function on top, 0 = not known. */
static uintptr_t base_of(const struct walk *walk)
{
    return walk->depth == 1 && walk->is_root ? walk->path->base : 0;
}

static bool is_table(struct walk *walk, uint32_t slot)
{
    const struct level *level = top(walk);
    uint64_t value =
        ffisan_callee_value(level->function, level->proto, level->pc, slot, base_of(walk));
    return lj_tv_type(value) == LJ_GCT_TAB;
}

/* The one function of the ffi that makes strings, and no cdata. */
static bool calls_ffi_string(struct walk *walk)
{
    const struct level *level = top(walk);
    struct ffisan_callee callee =
        ffisan_callee_at(level->function, level->proto, level->pc, base_of(walk));
    uint8_t ffid = walk->path->vm->layout.ffid_string;
    return ffid != 0 && callee.value != UINT64_MAX && lj_tv_type(callee.value) == LJ_GCT_FUNC &&
           ((const struct lj_func *)lj_tv_object(callee.value))->ffid == ffid;
}

/* How well an instruction that stays in this function fits. */
static enum rank rank_of(struct walk *walk, uint32_t ins)
{
    uint32_t op = lj_bc_op(ins);
    bool is_call = is_between(op, LJ_BC_CALLM, LJ_BC_ITERN);
    bool is_load = is_between(op, LJ_BC_TGETV, LJ_BC_TGETB) && !is_table(walk, lj_bc_b(ins));
    bool is_store = is_between(op, LJ_BC_TSETV, LJ_BC_TSETB) && !is_table(walk, lj_bc_b(ins));
    bool is_operator = is_between(op, LJ_BC_UNM, LJ_BC_POW) && op != LJ_BC_LEN;
    switch (walk->path->doing) {
    case FFISAN_LUA_CALLS:
        return is_call ? LIKELY : UNFIT;
    case FFISAN_LUA_ACCESSES:
        return is_load || is_store ? LIKELY : UNFIT;
    case FFISAN_LUA_MAKES_STRINGS:
        return op == LJ_BC_CAT ? LIKELY : is_call ? POSSIBLE : UNFIT;
    case FFISAN_LUA_MAKES_CDATA:
        if (is_call && calls_ffi_string(walk))
            return UNFIT;
        return is_call ? LIKELY : is_load || is_operator ? POSSIBLE : UNFIT;
    default:
        return is_call || op == LJ_BC_CAT ? LIKELY : UNFIT;
    }
}

static void look_at(struct walk *walk, uint32_t ins)
{
    enum rank rank = rank_of(walk, ins);
    bool is_c_call = is_between(lj_bc_op(ins), LJ_BC_CALLM, LJ_BC_CALLT) &&
                     ffisan_ffiplaces_has(pc_of(top(walk)), FFISAN_FFI_CALL);
    bool is_wanted = walk->wants_c_call
                         ? is_c_call && walk->n_c_calls == walk->wanted_index
                         : rank == walk->wanted_rank && walk->n_met[rank] == walk->wanted_index;
    walk->n_c_calls += is_c_call;
    if (is_wanted) {
        walk->found_depth = walk->depth;
        memcpy(walk->found, walk->levels, sizeof(walk->found));
    }
    walk->n_met[rank]++;
}

static bool is_same(const struct ffisan_luaframe *frame, const struct level *level)
{
    return frame->proto == level->proto && frame->pc == pc_of(level);
}

/* Has the next snapshot been reached? */
static bool is_there(const struct walk *walk)
{
    const struct ffisan_tracepath *path = walk->path;
    const struct level *level = &walk->levels[walk->depth - 1];
    if (path->n_to == 0)
        return path->trace->startpc == pc_of(level);
    return path->n_to == walk->depth && is_same(&path->to[0], level);
}

static bool is_inlined(const struct walk *walk, const struct lj_proto *proto)
{
    return function_of(walk->path, proto) || walk->path->trace->startpt == (uintptr_t)proto;
}

/* A snapshot that was taken in a function that this call went into tells which. */
static const struct lj_proto *seen_called(const struct walk *walk)
{
    const struct lj_trace *trace = walk->path->trace;
    const struct lj_snap *snaps = (const struct lj_snap *)trace->snap;
    struct ffisan_luaframe frames[FFISAN_TRACEPATH_DEPTH];
    for (uint32_t i = 0; i < trace->nsnap; i++) {
        size_t n = ffisan_tracestack_snapshot(walk->path->vm, trace, &snaps[i], frames,
                                              FFISAN_TRACEPATH_DEPTH);
        if (n > walk->depth && is_same(&frames[n - walk->depth], &walk->levels[walk->depth - 1]))
            return frames[n - walk->depth - 1].proto;
    }
    return NULL;
}

static bool is_on_the_way(const struct walk *walk, const struct lj_proto *proto)
{
    for (uint32_t i = 0; i < walk->depth; i++)
        if (walk->levels[i].proto == proto)
            return true;
    return false;
}

/* The only function inlined into the trace that can be called with so many arguments, or NULL. */
static const struct lj_proto *only_callee(const struct walk *walk)
{
    const struct lj_trace *trace = walk->path->trace;
    const struct level *level = &walk->levels[walk->depth - 1];
    uint32_t ins = level->proto->bc[level->pc];
    const struct lj_proto *found = NULL;
    const struct lj_header *object;
    uint32_t ref = trace->nk;
    while ((object = lj_trace_object(trace, &ref)) != NULL) {
        const struct lj_func *function = (const struct lj_func *)object;
        bool is_lua = object->gct == LJ_GCT_FUNC && function->ffid == 0;
        const struct lj_proto *proto = is_lua ? proto_of(function) : NULL;
        if (!proto || proto == found || is_on_the_way(walk, proto) ||
            proto->numparams != lj_bc_c(ins) - 1)
            continue;
        if (found)
            return NULL;
        found = proto;
    }
    return lj_bc_op(ins) == LJ_BC_CALL || lj_bc_op(ins) == LJ_BC_CALLT ? found : NULL;
}

/* The Lua function that the call on top goes into; NULL when it stays here. */
static const struct lj_proto *callee_of(struct walk *walk)
{
    const struct level *level = top(walk);
    const struct lj_proto *seen = seen_called(walk);
    if (seen || lj_bc_op(level->proto->bc[level->pc]) == LJ_BC_ITERC)
        return seen;
    struct ffisan_callee callee =
        ffisan_callee_at(level->function, level->proto, level->pc, base_of(walk));
    if (callee.value == UINT64_MAX)
        return only_callee(walk);
    return callee.proto && is_inlined(walk, callee.proto) ? callee.proto : NULL;
}

static bool enter(struct walk *walk, const struct lj_proto *proto, bool is_tail)
{
    if (!is_tail && walk->depth == FFISAN_TRACEPATH_DEPTH)
        return false;
    if (!is_tail)
        walk->depth++;
    *top(walk) =
        (struct level){.proto = proto, .function = function_of(walk->path, proto), .pc = 1};
    return true;
}

static bool leave(struct walk *walk)
{
    if (--walk->depth == 0)
        return false; /* into the function that called the one the trace began in */
    top(walk)->pc++;
    return true;
}

static bool follow(struct walk *walk);

/* Code that does one of two things, and the trace does not tell which. */
static bool follow_either(struct walk *walk, uint32_t first, uint32_t second)
{
    if (walk->n_branches == MAX_BRANCHES)
        return false;
    struct walk other = *walk;
    other.n_branches++;
    top(&other)->pc = first;
    if (follow(&other)) {
        *walk = other;
        return true;
    }
    walk->n_branches = other.n_branches;
    walk->n_steps = other.n_steps;
    top(walk)->pc = second;
    return follow(walk);
}

static bool call(struct walk *walk, uint32_t ins)
{
    uint32_t op = lj_bc_op(ins);
    bool is_tail = op == LJ_BC_CALLT || op == LJ_BC_CALLMT;
    const struct lj_proto *callee = callee_of(walk);
    if (callee)
        return enter(walk, callee, is_tail);
    look_at(walk, ins);
    if (is_tail)
        return leave(walk);
    top(walk)->pc++;
    return true;
}

/* May it call a metamethod?  Then a snapshot that was taken in there tells. */
static const struct lj_proto *metamethod_of(const struct walk *walk, uint32_t op)
{
    bool may_call = is_between(op, LJ_BC_UNM, LJ_BC_CAT) ||
                    is_between(op, LJ_BC_TGETV, LJ_BC_TGETB) ||
                    is_between(op, LJ_BC_TSETV, LJ_BC_TSETB);
    return may_call ? seen_called(walk) : NULL;
}

/* A comparison: where the next snapshot is taken, of whichever way the code does not go. */
static bool is_decided_here(const struct walk *walk, uint32_t pc, uint32_t target)
{
    const struct ffisan_tracepath *path = walk->path;
    const struct lj_proto *proto = walk->levels[walk->depth - 1].proto;
    if (path->n_to != walk->depth || path->to[0].proto != proto)
        return false;
    return path->to[0].pc == (uintptr_t)&proto->bc[pc + 2] ||
           path->to[0].pc == (uintptr_t)&proto->bc[target];
}

/* Follows the code to the next snapshot. False: it does not lead there. */
static bool follow(struct walk *walk)
{
    while (walk->n_steps++ < MAX_STEPS) {
        struct level *level = top(walk);
        if (level->pc >= level->proto->sizebc)
            return false;
        if (walk->n_steps > 1 && is_there(walk))
            return true;
        uint32_t ins = level->proto->bc[level->pc], op = lj_bc_op(ins);
        if (op <= LJ_BC_ISF) {
            uint32_t jump = level->pc + 1;
            uint32_t target = lj_bc_target(jump, level->proto->bc[jump]);
            if (op < LJ_BC_ISTC && is_decided_here(walk, level->pc, target))
                return true;
            return follow_either(walk, jump + 1, target);
        }
        if (is_between(op, LJ_BC_CALLM, LJ_BC_ITERN)) {
            if (!call(walk, ins))
                return false;
            continue;
        }
        const struct lj_proto *metamethod = metamethod_of(walk, op);
        if (metamethod) {
            if (!enter(walk, metamethod, false))
                return false;
            continue;
        }
        look_at(walk, ins);
        if (is_between(op, LJ_BC_RETM, LJ_BC_RET1)) {
            if (!leave(walk))
                return walk->path->n_to == 0;
        } else if (op == LJ_BC_JMP || op == LJ_BC_UCLO || op == LJ_BC_ISNEXT) {
            level->pc = lj_bc_target(level->pc, ins);
        } else if (is_between(op, LJ_BC_FORI, LJ_BC_JITERL)) {
            if (walk->path->n_to == 0 && op >= LJ_BC_FORL)
                return true;
            return follow_either(walk, level->pc + 1, lj_bc_target(level->pc, ins));
        } else {
            level->pc++;
        }
    }
    return false;
}

static bool start(struct walk *walk)
{
    const struct ffisan_tracepath *path = walk->path;
    for (size_t i = path->n_from; i-- > 0;) {
        const struct ffisan_luaframe *frame = &path->from[i];
        uint32_t pc = frame->proto ? ffisan_proto_pc(frame->proto, frame->pc) : UINT32_MAX;
        if (pc == UINT32_MAX)
            return false;
        walk->levels[walk->depth++] = (struct level){
            .proto = frame->proto, .function = function_of(path, frame->proto), .pc = pc ? pc : 1};
    }
    walk->is_root =
        walk->depth > 0 && path->base && is_code_of(load(path->base - 16), walk->levels[0].proto);
    return walk->depth > 0;
}

/*
 * Which of those that fit.  Calls of C are in the same order in both codes, and counted in both.
 * Else of calls the last, as the next snapshot follows what C may have changed; of others by the
 * number of those before it in machine code, where not all bytecode is left.
 */
static bool choose(const struct walk *all, struct walk *walk)
{
    const struct ffisan_tracepath *path = all->path;
    const uint32_t *n = all->n_met;
    uint32_t n_before = path->before.n_like_it, n_after = path->after.n_like_it + 1;
    enum rank rank = n[LIKELY] ? LIKELY : POSSIBLE;
    bool is_call = path->doing == FFISAN_LUA_CALLS;
    if (n[rank] == 0)
        return false;
    walk->wants_c_call = is_call && path->is_counted && path->is_of_c &&
                         all->n_c_calls == path->before.n_of_c + 1 + path->after.n_of_c;
    uint32_t index = walk->wants_c_call ? path->before.n_of_c : is_call ? n[rank] - 1 : n_before;
    if (!walk->wants_c_call && index >= n[rank] && rank == LIKELY && n[POSSIBLE] > 0) {
        rank = POSSIBLE;
        index = n_after < n[POSSIBLE] ? n[POSSIBLE] - n_after : 0;
    }
    walk->wanted_rank = rank;
    walk->wanted_index = walk->wants_c_call || index < n[rank] ? index : n[rank] - 1;
    return true;
}

size_t ffisan_tracepath_find(const struct ffisan_tracepath *path,
                             struct ffisan_luaframe *ret_frames)
{
    struct walk all = {.path = path, .wanted_index = UINT32_MAX};
    struct walk walk = {.path = path};
    if (!start(&all) || !follow(&all) || !choose(&all, &walk) || !start(&walk))
        return 0;
    follow(&walk);
    for (uint32_t i = 0; i < walk.found_depth; i++) {
        const struct level *level = &walk.found[walk.found_depth - 1 - i];
        ret_frames[i] = (struct ffisan_luaframe){.proto = level->proto,
                                                 .pc = pc_of(level),
                                                 .approximate = true,
                                                 .is_followed = true,
                                                 .called_by_lua = true};
    }
    return walk.found_depth;
}
