/* SPDX-License-Identifier: MIT */
#include "runtime/vm/ffiplaces.h"

#include "runtime/vm/liveness_ops.h"
#include "runtime/vm/proto.h"

#include <string.h>

#define N_PLACES 8192u /* by a hash of the address: newer ones drive out older ones */
#define USE_BITS 3
#define NEAR 64u /* instructions, where the end of a loop is not known */

static struct {
    uint64_t place;   /* address << USE_BITS | uses */
    uintptr_t callee; /* of the C function, or 0: several, or none */
} places[N_PLACES];   /* threads may mix them up */

static size_t index_of(uint64_t pc)
{
    return (pc * UINT64_C(0x9e3779b97f4a7c15) >> 40) % N_PLACES;
}

void ffisan_ffiplaces_note(enum ffisan_ffi_use use, uint64_t return_pc, uintptr_t callee)
{
    uint64_t pc = return_pc - 4;
    size_t i = index_of(pc);
    if (places[i].place >> USE_BITS != pc) {
        places[i].place = pc << USE_BITS;
        places[i].callee = callee;
    }
    places[i].place |= use;
    if (places[i].callee != callee)
        places[i].callee = 0;
}

/* `callee`: 0 = any. */
static bool is_place(uintptr_t pc, unsigned uses, uintptr_t callee)
{
    size_t i = index_of(pc);
    return places[i].place >> USE_BITS == pc && (places[i].place & uses) &&
           (callee == 0 || places[i].callee == 0 || places[i].callee == callee);
}

bool ffisan_ffiplaces_has(uintptr_t pc, unsigned uses)
{
    return is_place(pc, uses, 0);
}

/* ---- Where it may be ------------------------------------------------------------------------ */

struct refining {
    const struct lj_trace *trace;
    unsigned uses;
    uintptr_t callee;             /* the C function that is called, or 0 */
    const struct lj_proto *inner; /* the innermost frame's */
    uintptr_t in_inner;           /* the first such instruction there, or 0 */
    uintptr_t call;               /* the only call of a Lua function there, or 0 */
    const struct lj_proto *inlined;
    uintptr_t in_inlined; /* the first in another function */
    bool is_ambiguous;    /* there are more than one of those */
};

static uintptr_t first_place(const struct refining *refining, const struct lj_proto *proto,
                             uint32_t from, uint32_t to)
{
    for (uint32_t i = from; i < to && i < proto->sizebc; i++)
        if (is_place((uintptr_t)&proto->bc[i], refining->uses, refining->callee))
            return (uintptr_t)&proto->bc[i];
    return 0;
}

/* The only one in the function that calls what is called; 0: there are none, or several. */
static uintptr_t only_place(const struct refining *refining, const struct lj_proto *proto)
{
    uintptr_t pc = refining->callee ? first_place(refining, proto, 1, proto->sizebc) : 0;
    if (!pc || first_place(refining, proto, ffisan_proto_pc(proto, pc) + 1, proto->sizebc))
        return 0;
    return pc;
}

static bool is_call(uint32_t ins)
{
    uint32_t op = lj_bc_op(ins);
    return op == LJ_BC_CALL || op == LJ_BC_CALLM || op == LJ_BC_CALLT || op == LJ_BC_CALLMT;
}

static uintptr_t only_call(const struct lj_proto *proto, uint32_t from, uint32_t to)
{
    uintptr_t found = 0;
    for (uint32_t i = from; i < to && i < proto->sizebc; i++) {
        uintptr_t pc = (uintptr_t)&proto->bc[i];
        if (!is_call(proto->bc[i]) || is_place(pc, FFISAN_FFI_CALL | FFISAN_FFI_BUILTIN, 0))
            continue;
        if (found)
            return 0;
        found = pc;
    }
    return found;
}

/* In the innermost frame: the body of the loop that was compiled, or what comes next. */
static void look_in_inner(struct refining *refining, uintptr_t pc)
{
    const struct lj_trace *trace = refining->trace;
    const struct lj_proto *proto = refining->inner;
    uint32_t from = ffisan_proto_pc(proto, pc), to = from + NEAR;
    uint32_t start = ffisan_proto_pc(proto, trace->startpc);
    int32_t jump = (int32_t)(trace->startins >> 16) - 0x8000;
    if (from == UINT32_MAX)
        return;
    if ((uintptr_t)proto == trace->startpt && start != UINT32_MAX && start != 0) {
        from = jump < 0 ? start + 1 + (uint32_t)jump : start;
        to = jump < 0 ? start : start + 1 + (uint32_t)jump;
    }
    refining->in_inner = first_place(refining, proto, from, to);
    if (!refining->in_inner)
        refining->in_inner = only_place(refining, proto); /* in the iteration before */
    refining->call = only_call(proto, from, to);
}

static void look_in_inlined(struct refining *refining, const struct lj_proto *proto)
{
    if (proto == refining->inner || proto == refining->inlined)
        return;
    uintptr_t pc = first_place(refining, proto, 1, proto->sizebc);
    if (!pc)
        return;
    refining->is_ambiguous |= refining->inlined != NULL;
    refining->inlined = proto;
    refining->in_inlined = pc;
}

/* The trace has the functions that it came through as constants. */
static void look_at_constants(struct refining *refining)
{
    const struct lj_header *object;
    uint32_t ref = refining->trace->nk;
    while ((object = lj_trace_object(refining->trace, &ref)) != NULL) {
        const struct lj_func *function = (const struct lj_func *)object;
        if (object->gct == LJ_GCT_PROTO)
            look_in_inlined(refining, (const struct lj_proto *)object);
        else if (object->gct == LJ_GCT_FUNC && function->ffid == 0)
            look_in_inlined(refining,
                            (const struct lj_proto *)(function->pc - sizeof(struct lj_proto)));
    }
}

/* What the compiler writes for a call, 0xe8 and a distance, leads to; 0: it is another form. */
static uintptr_t target_of(const struct lj_trace *trace, uintptr_t return_address)
{
    enum { SIZE = 5 };
    uintptr_t call = return_address - SIZE;
    int32_t distance;
    if (return_address == 0 || call - trace->mcode >= trace->szmcode ||
        *(const uint8_t *)call != 0xe8)
        return 0;
    memcpy(&distance, (const void *)(call + 1), sizeof(distance));
    return return_address + (uintptr_t)(intptr_t)distance;
}

size_t ffisan_ffiplaces_refine(const struct ffisan_vm *vm, unsigned uses, uintptr_t return_address,
                               struct ffisan_luaframe *frames, size_t n, size_t max)
{
    int32_t vmstate = (int32_t)ffisan_vm_word(vm, vm->layout.vmstate);
    const struct lj_trace *trace =
        vmstate > 0 ? ffisan_luastack_trace(vm, (uint32_t)vmstate) : NULL;
    if (!trace || n == 0 || !frames[0].approximate || frames[0].is_followed || !frames[0].proto)
        return n;
    struct refining refining = {.trace = trace,
                                .uses = uses,
                                .callee = target_of(trace, return_address),
                                .inner = frames[0].proto};
    look_in_inner(&refining, frames[0].pc);
    if (refining.in_inner) {
        frames[0].pc = refining.in_inner;
        return n;
    }
    look_at_constants(&refining);
    if (!refining.inlined || refining.is_ambiguous)
        return n;
    if (refining.call)
        frames[0].pc = refining.call;
    n = n < max ? n : max - 1;
    memmove(frames + 1, frames, n * sizeof(*frames));
    frames[0] = (struct ffisan_luaframe){.proto = refining.inlined,
                                         .pc = refining.in_inlined,
                                         .approximate = true,
                                         .called_by_lua = true};
    return n + 1;
}
