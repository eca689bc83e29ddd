/* SPDX-License-Identifier: MIT */
#include "runtime/vm/tailcall.h"

#include "runtime/vm/liveness_ops.h"
#include "runtime/vm/proto.h"
#include "runtime/vm/table.h"

/* lj_frame.h */
enum { FRAME_TYPEP = 7, FRAME_PCALL = 6, FRAME_PCALLH = 7 };

#define NOTHING UINT64_MAX /* nil: not known */

#define MAX_INDEX 8         /* tables that inherit from each other */
#define MAX_HASH_CHAIN 64   /* entries of a table under one hash */
#define MAX_INSTRUCTIONS 64 /* before a call, of its own preparation */
#define MAX_SEARCHED 4096   /* instructions of a function */

/* Code of a function, whose frame may be gone (base 0). */
struct context {
    const struct lj_func *function;
    const struct lj_proto *proto;
    uintptr_t base;
    uintptr_t depends_on;
};

static uint64_t load(uintptr_t address)
{
    return *(const uint64_t *)address;
}

static const struct lj_func *lua_function(uint64_t value)
{
    const struct lj_func *function = (const struct lj_func *)lj_tv_object(value);
    if (lj_tv_type(value) != LJ_GCT_FUNC || function->gct != LJ_GCT_FUNC || function->ffid != 0)
        return NULL;
    return function;
}

static const struct lj_proto *proto_of(const struct lj_func *function)
{
    return (const struct lj_proto *)(function->pc - sizeof(struct lj_proto));
}

static uint64_t field_at(const struct lj_tab *tab, uint32_t hash, uint64_t key)
{
    const struct lj_node *nodes = (const struct lj_node *)tab->node;
    const struct lj_node *node = nodes ? &nodes[hash & tab->hmask] : NULL;
    for (unsigned i = 0; node && i < MAX_HASH_CHAIN; i++) {
        if (lj_tv_type(node->key) == LJ_GCT_STR && lj_tv_object(node->key) == key)
            return node->val;
        node = (const struct lj_node *)node->next;
    }
    return NOTHING;
}

/* Versions differ in which number of a string its place in a table follows from. */
static uint64_t field(const struct lj_tab *tab, const struct lj_str *key)
{
    uint64_t value = field_at(tab, key->sid, (uint64_t)key);
    return value != NOTHING ? value : field_at(tab, key->hash, (uint64_t)key);
}

static const struct lj_tab *metatable_of(uint64_t value)
{
    const struct lj_tab *tab = lj_table_of(value);
    if (tab)
        return lj_table_at(tab->metatable);
    if (lj_tv_type(value) == LJ_GCT_UDATA)
        return lj_table_at(((const struct lj_udata *)lj_tv_object(value))->metatable);
    return NULL;
}

/* What value[key] gives, as long as no function decides. */
static uint64_t index_value(uint64_t value, const struct lj_str *key)
{
    for (unsigned i = 0; i < MAX_INDEX; i++) {
        const struct lj_tab *tab = lj_table_of(value);
        uint64_t found = tab ? field(tab, key) : NOTHING;
        if (found != NOTHING)
            return found;
        value = lj_table_field(metatable_of(value), "__index");
    }
    return NOTHING;
}

static const struct lj_str *constant_string(const struct lj_proto *proto, uint32_t index)
{
    if (index >= proto->sizekgc)
        return NULL;
    const struct lj_str *string =
        (const struct lj_str *)((const uint64_t *)proto->k)[-1 - (int64_t)index];
    return string->gct == LJ_GCT_STR ? string : NULL;
}

static uint64_t upvalue(const struct lj_func *function, uint32_t index)
{
    if (index >= function->nupvalues)
        return NOTHING;
    return load(((const struct lj_upval *)function->u.uvptr[index])->v);
}

static bool writes_slot(uint32_t ins, uint32_t slot)
{
    uint32_t op = lj_bc_op(ins);
    if (op == LJ_BC_KNIL)
        return slot >= lj_bc_a(ins) && slot <= lj_bc_d(ins);
    if (op >= LJ_BC_CALLM && op <= LJ_BC_VARG)
        return slot >= lj_bc_a(ins);
    bool is_store = op == LJ_BC_GSET || (op >= LJ_BC_USETV && op <= LJ_BC_UCLO) ||
                    (op >= LJ_BC_TSETV && op <= LJ_BC_TSETR);
    return op >= LJ_BC_MOV && !is_store && lj_bc_a(ins) == slot;
}

static uint64_t value_before(struct context *context, uint32_t pc, uint32_t slot, unsigned depth);

/* What the instruction at `pc` loads. */
static uint64_t value_loaded(struct context *context, uint32_t pc, unsigned depth)
{
    uint32_t ins = context->proto->bc[pc];
    const struct lj_str *key;
    switch (lj_bc_op(ins)) {
    case LJ_BC_MOV:
        return value_before(context, pc, lj_bc_d(ins), depth + 1);
    case LJ_BC_UGET:
        return upvalue(context->function, lj_bc_d(ins));
    case LJ_BC_GGET:
        key = constant_string(context->proto, lj_bc_d(ins));
        return key ? index_value(context->function->env | ~(uint64_t)LJ_GCT_TAB << 47, key)
                   : NOTHING;
    case LJ_BC_TGETS:
        key = constant_string(context->proto, lj_bc_c(ins));
        return key ? index_value(value_before(context, pc, lj_bc_b(ins), depth + 1), key) : NOTHING;
    default:
        return NOTHING;
    }
}

/* What the slot held when the instruction at `pc` was about to run. */
static uint64_t value_before(struct context *context, uint32_t pc, uint32_t slot, unsigned depth)
{
    if (depth > MAX_INDEX)
        return NOTHING;
    if (ffisan_proto_local(context->proto, pc, slot)) {
        if (!context->base)
            return NOTHING;
        context->depends_on = context->base + 8 * (uintptr_t)slot;
        return load(context->depends_on);
    }
    for (unsigned i = 0; i < MAX_INSTRUCTIONS && --pc > 0; i++)
        if (writes_slot(context->proto->bc[pc], slot))
            return value_loaded(context, pc, depth);
    return NOTHING;
}

struct search {
    const struct ffisan_luatop *top;
    uintptr_t base;   /* first argument */
    uint32_t n_slots; /* arguments; functions in machine code may not have noted them */
};

enum proof { NONE, PARTLY, LIKELY, SURELY, BY_NAME, N_PROOFS };

/*
 * The call moved function and arguments from slot A on to the start of the frame, and left them
 * where they were, unless the moved ones came to lie there.  `shift`: a cdata was called, which
 * before became the first argument of its metamethod.
 */
static enum proof prepared_by(const struct search *search, uint32_t ins, uint32_t shift)
{
    uint32_t a = lj_bc_a(ins), n = lj_bc_d(ins) - 1;
    bool is_fixed = lj_bc_op(ins) == LJ_BC_CALLT;
    bool is_number_right = !is_fixed || n + shift == search->n_slots;
    if (load(search->base + 8 * (uintptr_t)a) == search->top->function)
        return is_number_right ? SURELY : LIKELY;
    if (!is_fixed || !is_number_right || n == 0 || a >= n + shift)
        return NONE;
    uint64_t last = load(search->base + 8 * (uintptr_t)(a + 1 + n + shift));
    return last == load(search->base + 8 * (uintptr_t)(n + shift - 1)) ? PARTLY : NONE;
}

static bool is_tail_call(uint32_t ins)
{
    return lj_bc_op(ins) == LJ_BC_CALLT || lj_bc_op(ins) == LJ_BC_CALLMT;
}

/* What the tail call at `pc` of a function calls, as far as names tell. */
static uint64_t called_at(const struct lj_func *function, uint32_t pc)
{
    struct context context = {.function = function, .proto = proto_of(function)};
    uint32_t ins = context.proto->bc[pc];
    return is_tail_call(ins) ? value_before(&context, pc, lj_bc_a(ins), 0) : NOTHING;
}

/* The only tail call of a function that the top can come from, or 0. */
static uint32_t only_tail_call(const struct search *search, const struct lj_func *function)
{
    const struct lj_proto *proto = proto_of(function);
    bool is_cdata = lj_tv_type(load(search->base)) == LJ_GCT_CDATA;
    uint32_t found[N_PROOFS] = {0}, n_found[N_PROOFS] = {0};
    enum proof best = NONE;
    for (uint32_t pc = 1; pc < proto->sizebc; pc++) {
        uint32_t ins = proto->bc[pc];
        uint64_t called = called_at(function, pc);
        if (!is_tail_call(ins) || lua_function(called))
            continue;
        enum proof proof = prepared_by(search, ins, 0), shifted = NONE;
        if (is_cdata)
            shifted = prepared_by(search, ins, 1);
        if (shifted > proof)
            proof = shifted;
        if (proof == SURELY && called == search->top->function)
            proof = BY_NAME;
        if (proof > best)
            best = proof;
        found[proof] = pc;
        n_found[proof]++;
    }
    return best != NONE && n_found[best] == 1 ? found[best] : 0;
}

/* Else it is not the one, or it is so long that to search it costs too much. */
static bool had_room(const struct search *search, const struct lj_proto *proto)
{
    return proto->sizebc <= MAX_SEARCHED &&
           search->base + 8 * (uintptr_t)proto->framesize <= search->top->thread->maxstack;
}

static bool ended_in_top(const struct search *search, const struct lj_func *function,
                         unsigned depth, struct ffisan_tailcalls *calls)
{
    const struct lj_proto *proto = proto_of(function);
    if (!had_room(search, proto))
        return false;
    uint32_t pc = only_tail_call(search, function);
    for (uint32_t i = 1; !pc && depth + 1 < FFISAN_TAILCALL_MAX && i < proto->sizebc; i++) {
        const struct lj_func *next = lua_function(called_at(function, i));
        if (next && ended_in_top(search, next, depth + 1, calls))
            pc = i;
    }
    if (pc)
        calls->frames[calls->n++] = (struct ffisan_luaframe){
            .proto = proto, .pc = (uintptr_t)&proto->bc[pc], .called_by_lua = true};
    return pc != 0;
}

static bool is_pcall(uint64_t link)
{
    return (link & FRAME_TYPEP) == FRAME_PCALL || (link & FRAME_TYPEP) == FRAME_PCALLH;
}

/* What the function that waits for the top had called; nil when that is not known. */
static uint64_t called_by_waiting(const struct ffisan_luatop *top, uintptr_t *ret_depends_on)
{
    uint64_t link = load(top->frame);
    uintptr_t frame = top->frame, argument = 0;
    if (is_pcall(link)) {
        frame -= link & ~(uint64_t)FRAME_TYPEP;
        argument = 2; /* the function is the first argument of pcall */
        link = frame > top->stack + 8 ? load(frame) : 0;
    }
    if ((link & 3) != 0 || link <= 7 || link >> 47)
        return NOTHING;
    uint32_t ins = *(const uint32_t *)(link - 4), op = lj_bc_op(ins);
    frame -= 8 * (uintptr_t)(2 + lj_bc_a(ins));
    if (frame <= top->stack + 8 || (op != LJ_BC_CALL && op != LJ_BC_CALLM && op != LJ_BC_ITERC))
        return NOTHING;
    const struct lj_func *caller = lua_function(load(frame - 8));
    if (!caller)
        return NOTHING;
    struct context context = {.function = caller, .proto = proto_of(caller), .base = frame + 8};
    uint32_t pc = ffisan_proto_pc(context.proto, link - 4);
    if (pc == UINT32_MAX || pc == 0)
        return NOTHING;
    uint32_t slot = lj_bc_a(ins) + argument - (op == LJ_BC_ITERC ? 3 : 0);
    uint64_t called = value_before(&context, pc, slot, 0);
    *ret_depends_on = context.depends_on;
    return called;
}

void ffisan_tailcalls_find(const struct ffisan_luatop *top, struct ffisan_tailcalls *ret_calls)
{
    ret_calls->n = 0;
    ret_calls->depends_on = 0;
    if (top->pc)
        return;
    uint64_t called = called_by_waiting(top, &ret_calls->depends_on);
    const struct lj_func *function = called != top->function ? lua_function(called) : NULL;
    if (!function)
        return;
    struct search search = {.top = top,
                            .base = top->frame + 8,
                            .n_slots = (uint32_t)((top->thread->top - top->frame) / 8 - 1)};
    if (ended_in_top(&search, function, 0, ret_calls))
        ret_calls->frames[ret_calls->n - 1].called_by_lua = !is_pcall(load(top->frame));
}
