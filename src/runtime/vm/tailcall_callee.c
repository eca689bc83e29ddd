/* SPDX-License-Identifier: MIT */
#include "runtime/vm/tailcall_callee.h"

#include "runtime/vm/liveness_ops.h"
#include "runtime/vm/luaframe.h"
#include "runtime/vm/proto.h"
#include "runtime/vm/table.h"

#define NOTHING UINT64_MAX /* nil: not known */

#define MAX_INDEX 8         /* tables that inherit from each other */
#define MAX_HASH_CHAIN 64   /* entries of a table under one hash */
#define MAX_INSTRUCTIONS 64 /* before a call, of its own preparation */
#define MAX_ARGUMENTS 4     /* of a C function, which may be functions that it calls back */

/* Code of a function, whose frame may be gone (base 0). */
struct context {
    const struct lj_func *function;
    const struct lj_proto *proto;
    uintptr_t base;
    struct ffisan_callees *callees; /* are told which slots decided; may be NULL */
};

static uint64_t load_deciding(struct ffisan_callees *callees, uintptr_t slot)
{
    if (callees && callees->n_depends_on < FFISAN_CALLEES_DEPEND_MAX)
        callees->depends_on[callees->n_depends_on++] = slot;
    return lj_word(slot);
}

static const struct lj_func *function_in(uint64_t value)
{
    const struct lj_func *function = (const struct lj_func *)lj_tv_object(value);
    return lj_tv_type(value) == LJ_GCT_FUNC && function->gct == LJ_GCT_FUNC ? function : NULL;
}

static const struct lj_proto *proto_of(const struct lj_func *function)
{
    return (const struct lj_proto *)(function->pc - sizeof(struct lj_proto));
}

static struct ffisan_callee callee_of(uint64_t value)
{
    const struct lj_func *function = function_in(value);
    if (!function || function->ffid != 0)
        return (struct ffisan_callee){.value = value};
    return (struct ffisan_callee){
        .value = value, .function = function, .proto = proto_of(function)};
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

/* The namespace of a library, which has no Lua functions in it. */
static bool is_library(uint64_t value)
{
    return lj_tv_type(value) == LJ_GCT_UDATA &&
           ((const struct lj_udata *)lj_tv_object(value))->udtype == LJ_UDTYPE_FFI_CLIB;
}

/* A function of a library is a cdata, once it has been asked for (lj_clib.h: cache). */
static uint64_t index_library(uint64_t value, const struct lj_str *key)
{
    const struct lj_udata *library = (const struct lj_udata *)lj_tv_object(value);
    const struct lj_tab *cache = lj_table_at(library->env);
    uint64_t found = cache ? field(cache, key) : NOTHING;
    return found != NOTHING ? found : value;
}

/* What value[key] gives, as long as no function decides; else of a library the library itself. */
static uint64_t index_value(uint64_t value, const struct lj_str *key)
{
    if (is_library(value))
        return index_library(value, key);
    for (unsigned i = 0; i < MAX_INDEX; i++) {
        const struct lj_tab *tab = lj_table_of(value);
        uint64_t found = tab ? field(tab, key) : NOTHING;
        if (found != NOTHING)
            return found;
        value = lj_table_field(metatable_of(value), "__index");
    }
    return NOTHING;
}

static uint64_t element(uint64_t value, uint32_t index)
{
    const struct lj_tab *tab = lj_table_of(value);
    return tab && index < tab->asize ? lj_word(tab->array + 8 * (uint64_t)index) : NOTHING;
}

/* What value[key] gives, for a key that is text or a small number. */
static uint64_t index_by_value(uint64_t value, uint64_t key)
{
    double number;
    if (lj_tv_type(key) == LJ_GCT_STR)
        return index_value(value, (const struct lj_str *)lj_tv_object(key));
    if (lj_tv_type(key) < LJ_IT_NUMX)
        return NOTHING;
    memcpy(&number, &key, sizeof(number));
    return number >= 0 && number < UINT32_MAX && number == (uint32_t)number
               ? element(value, (uint32_t)number)
               : NOTHING;
}

static const struct lj_header *constant(const struct lj_proto *proto, uint32_t index, uint8_t gct)
{
    if (index >= proto->sizekgc)
        return NULL;
    const struct lj_header *object =
        (const struct lj_header *)((const uint64_t *)proto->k)[-1 - (int64_t)index];
    return object->gct == gct ? object : NULL;
}

static const struct lj_str *constant_string(const struct lj_proto *proto, uint32_t index)
{
    return (const struct lj_str *)constant(proto, index, LJ_GCT_STR);
}

static uint64_t upvalue(const struct lj_func *function, uint32_t index)
{
    if (!function || index >= function->nupvalues)
        return NOTHING;
    return lj_word(((const struct lj_upval *)function->u.uvptr[index])->v);
}

static uint64_t global(const struct context *context, uint32_t index)
{
    const struct lj_str *key = constant_string(context->proto, index);
    if (!key || !context->function)
        return NOTHING;
    return index_value(context->function->env | ~(uint64_t)LJ_GCT_TAB << 47, key);
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
    uint64_t value;
    switch (lj_bc_op(ins)) {
    case LJ_BC_MOV:
        return value_before(context, pc, lj_bc_d(ins), depth + 1);
    case LJ_BC_UGET:
        return upvalue(context->function, lj_bc_d(ins));
    case LJ_BC_GGET:
        return global(context, lj_bc_d(ins));
    case LJ_BC_KSTR:
        key = constant_string(context->proto, lj_bc_d(ins));
        return key ? (uint64_t)key | ~(uint64_t)LJ_GCT_STR << 47 : NOTHING;
    case LJ_BC_TGETS:
        key = constant_string(context->proto, lj_bc_c(ins));
        return key ? index_value(value_before(context, pc, lj_bc_b(ins), depth + 1), key) : NOTHING;
    case LJ_BC_TGETB:
        return element(value_before(context, pc, lj_bc_b(ins), depth + 1), lj_bc_c(ins));
    case LJ_BC_TGETV:
        value = value_before(context, pc, lj_bc_b(ins), depth + 1);
        return index_by_value(value, value_before(context, pc, lj_bc_c(ins), depth + 1));
    default:
        return NOTHING;
    }
}

/* The instruction that put into the slot what it held when that at `pc` was about to run; or 0. */
static uint32_t writer_before(const struct context *context, uint32_t pc, uint32_t slot)
{
    for (unsigned i = 0; i < MAX_INSTRUCTIONS && --pc > 0; i++)
        if (writes_slot(context->proto->bc[pc], slot))
            return pc;
    return 0;
}

/* What the slot held when the instruction at `pc` was about to run. */
static uint64_t value_before(struct context *context, uint32_t pc, uint32_t slot, unsigned depth)
{
    if (depth > MAX_INDEX)
        return NOTHING;
    if (ffisan_proto_local(context->proto, pc, slot))
        return context->base ? load_deciding(context->callees, context->base + 8 * (uintptr_t)slot)
                             : NOTHING;
    uint32_t writer = writer_before(context, pc, slot);
    return writer ? value_loaded(context, writer, depth) : NOTHING;
}

/* A function that is made where it is called. */
static const struct lj_proto *made_before(const struct context *context, uint32_t pc, uint32_t slot)
{
    if (ffisan_proto_local(context->proto, pc, slot))
        return NULL;
    uint32_t writer = writer_before(context, pc, slot);
    uint32_t ins = writer ? context->proto->bc[writer] : 0;
    if (!writer || lj_bc_op(ins) != LJ_BC_FNEW)
        return NULL;
    return (const struct lj_proto *)constant(context->proto, lj_bc_d(ins), LJ_GCT_PROTO);
}

struct ffisan_callee ffisan_callee_at(const struct lj_func *function, const struct lj_proto *proto,
                                      uint32_t pc, uintptr_t base)
{
    struct context context = {.function = function, .proto = proto, .base = base};
    return callee_of(value_before(&context, pc, lj_bc_a(proto->bc[pc]), 0));
}

uint64_t ffisan_callee_value(const struct lj_func *function, const struct lj_proto *proto,
                             uint32_t pc, uint32_t slot, uintptr_t base)
{
    struct context context = {.function = function, .proto = proto, .base = base};
    return value_before(&context, pc, slot, 0);
}

static void add(struct ffisan_callees *callees, struct ffisan_callee callee)
{
    for (size_t i = 0; i < callees->n; i++)
        if (callees->list[i].proto == callee.proto && callees->list[i].function == callee.function)
            return;
    if (callee.proto && callees->n < FFISAN_CALLEES_MAX)
        callees->list[callees->n++] = callee;
}

/* Functions that a C function calls with, or for, a value that it was given. */
static void add_called_for(struct ffisan_callees *callees, uint64_t value)
{
    const struct lj_tab *metatable = metatable_of(value);
    add(callees, callee_of(value));
    if (metatable)
        add(callees, callee_of(lj_table_field(metatable, "__tostring")));
}

bool ffisan_callee_is_cdata_of(const struct ffisan_luatop *top, uint64_t value)
{
    return lj_tv_type(value) == LJ_GCT_CDATA && value == lj_word(top->frame + 8);
}

/* What a call in a Lua function, which waits, has called. */
static void add_called(const struct ffisan_luatop *top, struct context *context, uint32_t pc,
                       uint32_t slot)
{
    struct ffisan_callees *callees = context->callees;
    uint64_t called = value_before(context, pc, slot, 0);
    const struct lj_func *function = function_in(called);
    callees->is_direct = called == top->function || ffisan_callee_is_cdata_of(top, called);
    if (callees->is_direct)
        return;
    if (called == NOTHING)
        add(callees, (struct ffisan_callee){.proto = made_before(context, pc, slot)});
    else if (function && function->ffid != 0) /* it went on to a metamethod */
        add_called_for(callees, value_before(context, pc, slot + 2, 0));
    else if (function)
        add(callees, callee_of(called));
    else
        add(callees, callee_of(lj_table_field(metatable_of(called), "__call")));
}

/* The Lua function whose frame ends below `frame`, or false. */
static bool find_waiting(uintptr_t frame, uint64_t pc, struct context *ret_context,
                         uint32_t *ret_pc)
{
    struct ffisan_callee waiting = callee_of(lj_word(frame - 8));
    if (!waiting.proto)
        return false;
    ret_context->function = waiting.function;
    ret_context->proto = waiting.proto;
    ret_context->base = frame + 8;
    *ret_pc = ffisan_proto_pc(waiting.proto, pc - 4);
    return *ret_pc != UINT32_MAX && *ret_pc != 0;
}

/* The Lua function that waits called as Lua code does, perhaps through pcall or xpcall. */
static void called_by_lua(const struct ffisan_luatop *top, uintptr_t frame, uint32_t argument,
                          struct context *context)
{
    uint64_t link = lj_word(frame);
    uint32_t ins = *(const uint32_t *)(link - 4), op = lj_bc_op(ins), pc;
    frame -= 8 * (uintptr_t)(2 + lj_bc_a(ins));
    if (frame <= top->stack + 8 || (op != LJ_BC_CALL && op != LJ_BC_CALLM && op != LJ_BC_ITERC) ||
        !find_waiting(frame, link, context, &pc))
        return;
    uint32_t slot = lj_bc_a(ins) + argument - (op == LJ_BC_ITERC ? 3 : 0);
    add_called(top, context, pc, slot);
}

/* A metamethod that the Lua function that waits has called by indexing. */
static void called_by_indexing(const struct ffisan_luatop *top, struct context *context)
{
    uint64_t link = lj_word(top->frame), return_pc = lj_word(top->frame - 16);
    uintptr_t frame = top->frame - (link & ~(uint64_t)LJ_FRAME_TYPEP);
    uint32_t pc;
    if (frame <= top->stack + 8 || return_pc <= UINT16_MAX || return_pc >> 47 ||
        !find_waiting(frame, return_pc, context, &pc))
        return;
    uint32_t ins = context->proto->bc[pc], op = lj_bc_op(ins);
    if (op < LJ_BC_TGETV || op > LJ_BC_TGETB)
        return;
    size_t n_depends_on = context->callees->n_depends_on;
    uint64_t value = value_before(context, pc, lj_bc_b(ins), 0);
    if (lj_tv_type(value) == LJ_GCT_CDATA) { /* it does not matter which */
        context->callees->n_depends_on = n_depends_on;
        return;
    }
    for (unsigned i = 0; i < MAX_INDEX && context->callees->n == 0; i++) {
        value = lj_table_field(metatable_of(value), "__index");
        add(context->callees, callee_of(value));
    }
}

/* One of the arguments of a C function that waits, or what prints one. */
static void called_by_c(const struct ffisan_luatop *top, struct ffisan_callees *callees)
{
    uintptr_t frame = top->frame - (lj_word(top->frame) & ~(uint64_t)LJ_FRAME_TYPEP);
    const struct lj_func *waiting = frame > top->stack + 8 ? function_in(lj_word(frame - 8)) : NULL;
    if (!waiting || waiting->ffid == 0)
        return;
    for (uintptr_t i = 1; i <= MAX_ARGUMENTS && frame + 8 * i < top->frame - 8; i++)
        add_called_for(callees, load_deciding(callees, frame + 8 * i));
}

static bool is_pcall(uint64_t link)
{
    return (link & LJ_FRAME_TYPEP) == LJ_FRAME_PCALL || (link & LJ_FRAME_TYPEP) == LJ_FRAME_PCALLH;
}

static bool is_code(uint64_t link)
{
    return lj_link_is_lua(link) && lj_link_is_sane(link);
}

void ffisan_callees_of_waiting(const struct ffisan_luatop *top, struct ffisan_callees *ret_callees)
{
    struct context context = {.callees = ret_callees};
    uint64_t link = lj_word(top->frame);
    uintptr_t frame = top->frame;
    uint32_t argument = 0;
    *ret_callees = (struct ffisan_callees){0};
    if (is_pcall(link)) {
        frame -= link & ~(uint64_t)LJ_FRAME_TYPEP;
        argument = 2; /* the function is the first argument of pcall */
        link = frame > top->stack + 8 ? lj_word(frame) : 0;
    }
    if (is_code(link))
        called_by_lua(top, frame, argument, &context);
    else if ((link & LJ_FRAME_TYPEP) == LJ_FRAME_CONT)
        called_by_indexing(top, &context);
    else if ((link & LJ_FRAME_TYPE) == LJ_FRAME_C && frame == top->frame && link >> 47 == 0)
        called_by_c(top, ret_callees);
}

uint64_t ffisan_callee_waits_at(const struct ffisan_luatop *top)
{
    uint64_t link = lj_word(top->frame);
    uintptr_t frame = top->frame;
    if (is_pcall(link)) {
        frame -= link & ~(uint64_t)LJ_FRAME_TYPEP;
        link = frame > top->stack + 8 ? lj_word(frame) : 0;
    }
    if (is_code(link))
        return link;
    return (link & LJ_FRAME_TYPEP) == LJ_FRAME_CONT ? lj_word(top->frame - 16) : 0;
}
