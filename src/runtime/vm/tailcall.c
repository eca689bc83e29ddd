/* SPDX-License-Identifier: MIT */
#include "runtime/vm/tailcall.h"

#include "runtime/vm/liveness_ops.h"
#include "runtime/vm/luaframe.h"
#include "runtime/vm/proto.h"
#include "runtime/vm/tailcall_callee.h"

#define MAX_INSTRUCTIONS 64 /* between the last known position and the call */
#define MAX_SEARCHED 4096   /* instructions of a function */
#define MAX_VARARGS 64

enum { PROTO_VARARG = 2 };

struct search {
    const struct ffisan_luatop *top;
    uintptr_t base;   /* first argument */
    uint32_t n_slots; /* arguments; functions in machine code may not have noted them */
};

enum proof { NONE, ONLY_BY_NAME, PARTLY, LIKELY, SURELY, BY_NAME, N_PROOFS };

/*
 * The call moved function and arguments from slot A on to the start of the frame, and left them
 * where they were, unless the moved ones came to lie there.  `base`: of the slots of the function;
 * `shift`: a cdata was called, which before became the first argument of its metamethod.
 */
static enum proof prepared_by(const struct search *search, uintptr_t base, uint32_t ins,
                              uint32_t shift)
{
    uint32_t n = lj_bc_d(ins) - 1 + shift;
    uintptr_t call = base + 8 * (uintptr_t)lj_bc_a(ins), end = search->base + 8 * (uintptr_t)n;
    bool is_fixed = lj_bc_op(ins) == LJ_BC_CALLT;
    bool is_number_right = !is_fixed || n == search->n_slots;
    if (lj_word(call) == search->top->function)
        return is_number_right ? SURELY : LIKELY;
    if (!is_fixed || !is_number_right || n == shift || call >= end)
        return NONE;
    return lj_word(call + 8 + 8 * (uintptr_t)n) == lj_word(end - 8) ? PARTLY : NONE;
}

static bool is_tail_call(uint32_t ins)
{
    return lj_bc_op(ins) == LJ_BC_CALLT || lj_bc_op(ins) == LJ_BC_CALLMT;
}

static bool has_room(const struct search *search, uintptr_t base, const struct lj_proto *proto)
{
    return base + 8 * (uintptr_t)proto->framesize <= search->top->thread->maxstack;
}

static bool is_of(uint64_t value, const struct lj_proto *proto)
{
    const struct lj_func *function = (const struct lj_func *)lj_tv_object(value);
    return lj_tv_type(value) == LJ_GCT_FUNC && function->pc == (uint64_t)proto + sizeof(*proto);
}

/* Where the frame of a function had its slots: beyond its arguments, if it took any number. */
static uintptr_t base_of(const struct search *search, const struct lj_proto *proto)
{
    if (!(proto->flags & PROTO_VARARG))
        return search->base;
    uintptr_t end = search->base + 8 * (uintptr_t)search->n_slots;
    for (uintptr_t n = 2; n < MAX_VARARGS + 2; n++) {
        uintptr_t base = search->base + 8 * n;
        if (!has_room(search, base, proto))
            break;
        if (lj_word(base - 8) == (8 * n | LJ_FRAME_VARG) &&
            (base - 16 < end || is_of(lj_word(base - 16), proto)))
            return base;
    }
    return 0;
}

/* Which C function is called is known: callbacks may have used the slots that prove it. */
static enum proof with_name(const struct search *search, uint64_t called, enum proof proof)
{
    if (!ffisan_callee_is_cdata_of(search->top, called))
        return NONE;
    return proof == NONE ? ONLY_BY_NAME : BY_NAME;
}

/* The only tail call of a function that the top can come from, or 0. */
static uint32_t only_tail_call(const struct search *search, const struct ffisan_callee *callee)
{
    const struct lj_proto *proto = callee->proto;
    bool is_cdata = lj_tv_type(lj_word(search->base)) == LJ_GCT_CDATA;
    uintptr_t base = base_of(search, proto);
    uint32_t found[N_PROOFS] = {0}, n_found[N_PROOFS] = {0};
    enum proof best = NONE;
    for (uint32_t pc = 1; base && pc < proto->sizebc; pc++) {
        uint32_t ins = proto->bc[pc];
        if (!is_tail_call(ins))
            continue;
        struct ffisan_callee called = ffisan_callee_at(callee->function, proto, pc, 0);
        if (called.proto)
            continue;
        enum proof proof = prepared_by(search, base, ins, 0), shifted = NONE;
        if (is_cdata)
            shifted = prepared_by(search, base, ins, 1);
        if (shifted > proof)
            proof = shifted;
        if (proof == SURELY && called.value == search->top->function)
            proof = BY_NAME;
        if (is_cdata && lj_tv_type(called.value) == LJ_GCT_CDATA)
            proof = with_name(search, called.value, proof);
        if (proof > best)
            best = proof;
        found[proof] = pc;
        n_found[proof]++;
    }
    return best != NONE && n_found[best] == 1 ? found[best] : 0;
}

/* Else it is not the one, or it is so long that to search it costs too much. */
static bool can_be_searched(const struct search *search, const struct lj_proto *proto)
{
    return proto->sizebc <= MAX_SEARCHED && has_room(search, search->base, proto);
}

static void add_frame(struct ffisan_tailcalls *calls, const struct lj_proto *proto, uint32_t pc)
{
    calls->frames[calls->n++] = (struct ffisan_luaframe){
        .proto = proto, .pc = (uintptr_t)&proto->bc[pc], .called_by_lua = true};
}

static bool ended_in_top(const struct search *search, const struct ffisan_callee *callee,
                         unsigned depth, struct ffisan_tailcalls *calls)
{
    const struct lj_proto *proto = callee->proto;
    if (!can_be_searched(search, proto))
        return false;
    uint32_t pc = only_tail_call(search, callee);
    for (uint32_t i = 1; !pc && depth + 1 < FFISAN_TAILCALL_MAX && i < proto->sizebc; i++) {
        if (!is_tail_call(proto->bc[i]))
            continue;
        struct ffisan_callee next = ffisan_callee_at(callee->function, proto, i, 0);
        if (next.proto && ended_in_top(search, &next, depth + 1, calls))
            pc = i;
    }
    if (pc)
        add_frame(calls, proto, pc);
    return pc != 0;
}

/*
 * As prepared_by, for a function of which nothing else is known: all that the moved ones have left
 * is as it was.
 */
static bool is_all_prepared_by(const struct search *search, uintptr_t base, uint32_t ins,
                               uint32_t shift)
{
    uint32_t n = lj_bc_op(ins) == LJ_BC_CALLT ? lj_bc_d(ins) - 1 + shift : search->n_slots;
    uintptr_t end = search->base + 8 * (uintptr_t)n, call = base + 8 * (uintptr_t)lj_bc_a(ins);
    unsigned n_seen = 0;
    if (call + 16 + 8 * (uintptr_t)n > search->top->thread->maxstack)
        return false;
    if (call >= end) {
        if (lj_word(call) != search->top->function)
            return false;
        n_seen++;
    }
    for (uint32_t i = 0; i < n; i++) {
        uintptr_t slot = call + 16 + 8 * (uintptr_t)i;
        if (slot < end)
            continue;
        if (lj_word(slot) != lj_word(search->base + 8 * (uintptr_t)i))
            return false;
        n_seen++;
    }
    return n_seen > 0;
}

static bool can_come_from(const struct search *search, const struct lj_proto *proto, uint32_t pc)
{
    uintptr_t base = base_of(search, proto);
    uint32_t ins = proto->bc[pc];
    return base && has_room(search, base, proto) && is_tail_call(ins) &&
           (is_all_prepared_by(search, base, ins, 0) ||
            (lj_tv_type(lj_word(search->base)) == LJ_GCT_CDATA &&
             is_all_prepared_by(search, base, ins, 1)));
}

/* The tail call that the code at `pc` comes to before it has to decide anything, or 0. */
static uint32_t next_tail_call(const struct lj_proto *proto, uint32_t pc)
{
    for (unsigned i = 0; i < MAX_INSTRUCTIONS && pc < proto->sizebc; i++) {
        uint32_t ins = proto->bc[pc], op = lj_bc_op(ins);
        if (is_tail_call(ins))
            return pc;
        if (op < LJ_BC_ISTYPE || op > LJ_BC_JMP || (op >= LJ_BC_RETM && op < LJ_BC_JMP))
            return 0;
        pc = op == LJ_BC_JMP || op == LJ_BC_UCLO ? lj_bc_target(pc, ins) : pc + 1;
    }
    return 0;
}

static uint32_t only_tail_call_left(const struct search *search, const struct lj_proto *proto)
{
    uint32_t found = 0;
    for (uint32_t pc = 1; pc < proto->sizebc && proto->sizebc <= MAX_SEARCHED; pc++) {
        if (!can_come_from(search, proto, pc))
            continue;
        if (found)
            return 0;
        found = pc;
    }
    return found;
}

/*
 * The interpreter notes its position before it leaves for C code: to read a field of a cdata, to
 * call one.  When the last position is in a function that is not on the stack, that may be the one.
 * NULL = it is another one.
 */
static const struct lj_proto *last_seen(const struct search *search, uint32_t *ret_pc,
                                        struct ffisan_tailcalls *calls)
{
    const struct ffisan_luatop *top = search->top;
    uintptr_t cframe = top->thread->cframe & ~(uint64_t)3;
    if (!cframe || !top->vm || !top->vm->code_at)
        return NULL;
    calls->depends_on[calls->n_depends_on++] = (uintptr_t)&top->thread->cframe;
    calls->depends_on[calls->n_depends_on++] = cframe + LJ_CFRAME_PC;
    uint64_t seen = lj_word(cframe + LJ_CFRAME_PC), waits = ffisan_callee_waits_at(top);
    if (seen <= UINT16_MAX || seen >> 47 || seen == waits)
        return NULL;
    const struct lj_proto *proto = top->vm->code_at(top->vm, seen - 4);
    *ret_pc = proto ? ffisan_proto_pc(proto, seen - 4) : 0;
    if (*ret_pc == UINT32_MAX || *ret_pc == 0)
        return NULL;
    bool is_waiting = waits && ffisan_proto_pc(proto, waits - 4) != UINT32_MAX;
    return !is_waiting || is_tail_call(proto->bc[*ret_pc]) ? proto : NULL;
}

void ffisan_tailcalls_find(const struct ffisan_luatop *top, struct ffisan_tailcalls *ret_calls)
{
    struct ffisan_callees callees;
    struct search search = {.top = top,
                            .base = top->frame + 8,
                            .n_slots = (uint32_t)((top->thread->top - top->frame) / 8 - 1)};
    uint32_t last = 0;
    ret_calls->n = 0;
    ret_calls->n_depends_on = 0;
    if (top->pc)
        return;
    ffisan_callees_of_waiting(top, &callees);
    for (size_t i = 0; i < callees.n_depends_on; i++)
        ret_calls->depends_on[ret_calls->n_depends_on++] = callees.depends_on[i];
    if (callees.is_direct)
        return;
    for (size_t i = 0; i < callees.n && ret_calls->n == 0; i++)
        ended_in_top(&search, &callees.list[i], 0, ret_calls);
    const struct lj_proto *proto = last_seen(&search, &last, ret_calls);
    uint32_t pc = proto ? next_tail_call(proto, last) : 0;
    if (pc && !can_come_from(&search, proto, pc))
        pc = 0;
    if (proto && !pc && ret_calls->n == 0)
        pc = only_tail_call_left(&search, proto);
    if (pc && (ret_calls->n == 0 || ret_calls->frames[0].pc != (uintptr_t)&proto->bc[pc])) {
        ret_calls->n = 0;
        add_frame(ret_calls, proto, pc);
    }
    if (ret_calls->n)
        ret_calls->frames[ret_calls->n - 1].called_by_lua = (lj_word(top->frame) & 3) == 0;
}
