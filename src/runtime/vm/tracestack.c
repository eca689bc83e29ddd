/* SPDX-License-Identifier: MIT */
#include "runtime/vm/tracestack.h"

#include "runtime/vm/cstack.h"
#include "runtime/vm/modules.h"
#include "runtime/vm/proto.h"

#include <string.h>

#define REF_BIAS 0x8000u /* IR constants lie below (lj_ir.h) */
#define SNAP_FRAME 0x010000u
#define SNAP_CONT 0x020000u /* where a metamethod returns to: the slot before its function */
enum { IR_SIZE = 8 };

static uint64_t load(uintptr_t address)
{
    return *(const uint64_t *)address;
}

static const struct lj_proto *function_proto(const struct lj_func *function)
{
    return (const struct lj_proto *)(function->pc - sizeof(struct lj_proto));
}

/*
 * The function that a bytecode address belongs to.  A trace keeps what it came through alive; but
 * what it took over from the trace that it leaves, that one does.
 */
static const struct lj_proto *proto_of(const struct ffisan_vm *vm, const struct lj_trace *trace,
                                       uintptr_t pc)
{
    const struct lj_proto *start = (const struct lj_proto *)trace->startpt;
    if (start && ffisan_proto_pc(start, pc) != UINT32_MAX)
        return start;
    if (vm->code_at)
        return vm->code_at(vm, pc);
    const struct lj_header *object;
    uint32_t ref = trace->nk;
    while ((object = lj_trace_object(trace, &ref)) != NULL) {
        const struct lj_proto *proto = NULL;
        if (object->gct == LJ_GCT_PROTO)
            proto = (const struct lj_proto *)object;
        else if (object->gct == LJ_GCT_FUNC && ((const struct lj_func *)object)->ffid == 0)
            proto = function_proto((const struct lj_func *)object);
        if (proto && ffisan_proto_pc(proto, pc) != UINT32_MAX)
            return proto;
    }
    return NULL;
}

static const struct lj_snap *nearest_snapshot(const struct lj_trace *trace, uintptr_t machine_pc)
{
    const struct lj_snap *snaps = (const struct lj_snap *)trace->snap;
    uint64_t offset = machine_pc - trace->mcode;
    if (trace->nsnap == 0 || offset >= trace->szmcode)
        return NULL;
    const struct lj_snap *best = &snaps[0];
    for (uint32_t i = 0; i < trace->nsnap; i++)
        if (snaps[i].mcofs <= offset)
            best = &snaps[i];
    return best;
}

static struct ffisan_luaframe frame_at(const struct ffisan_vm *vm, const struct lj_trace *trace,
                                       uintptr_t pc)
{
    return (struct ffisan_luaframe){
        .proto = proto_of(vm, trace, pc), .pc = pc, .approximate = true, .called_by_lua = true};
}

size_t ffisan_tracestack_snapshot(const struct ffisan_vm *vm, const struct lj_trace *trace,
                                  const struct lj_snap *snap, struct ffisan_luaframe *frames,
                                  size_t max)
{
    const uint32_t *map = (const uint32_t *)trace->snapmap + snap->mapofs;
    uint64_t pcbase;
    size_t n = 0;
    memcpy(&pcbase, map + snap->nent, sizeof(pcbase));
    frames[n++] = frame_at(vm, trace, pcbase >> 8);
    for (uint32_t i = snap->nent; i-- > 0 && n < max;) {
        uint32_t ref = map[i] & 0xffff;
        if (!(map[i] & (SNAP_FRAME | SNAP_CONT)) || ref >= REF_BIAS || ref < trace->nk ||
            map[i] >> 24 < 2)
            continue;
        uint64_t link = load(trace->ir + (uint64_t)(ref + 1) * IR_SIZE);
        if ((link & 3) == 0 && link > 4096 && !(link >> 47))
            frames[n++] = frame_at(vm, trace, link - 4);
    }
    return n;
}

/* What the compiler has written (lj_emit_x86.h, emit_call_; lj_asm_x86.h, asm_callx). */
struct machine_call {
    uintptr_t start, end;
    uintptr_t target; /* 0: in a register, as of C functions that are far away */
};

/* mov rax, TARGET; call rax */
static bool is_far(const uint8_t *end)
{
    return end[-12] == 0x48 && end[-11] == 0xb8 && end[-1] == 0xd0;
}

/* The call that ends at `end`, if one does that begins at `low` or later. */
static bool read_call(uintptr_t end, uintptr_t low, struct machine_call *ret_call)
{
    enum { REGISTER_BYTES = 2, NEAR_BYTES = 5, FAR_BYTES = 12 };
    const uint8_t *code = (const uint8_t *)end;
    if (end - low >= NEAR_BYTES && code[-5] == 0xe8) {
        int32_t distance;
        memcpy(&distance, code - 4, sizeof(distance));
        *ret_call = (struct machine_call){end - NEAR_BYTES, end, end + (uintptr_t)distance};
        if (ffisan_modules_find(ret_call->target) != NULL)
            return true;
    }
    if (end - low < REGISTER_BYTES || code[-2] != 0xff || (code[-1] & 0xf8) != 0xd0)
        return false;
    *ret_call = (struct machine_call){.start = end - REGISTER_BYTES, .end = end};
    if (end - low >= FAR_BYTES && is_far(code)) {
        ret_call->start = end - FAR_BYTES;
        memcpy(&ret_call->target, code - 10, sizeof(ret_call->target));
    }
    return true;
}

static bool is_of_c(uintptr_t target)
{
    return target == 0 || !ffisan_cstack_is_vm(target);
}

static struct ffisan_tracecalls count_calls(uintptr_t from, uintptr_t to, uintptr_t target)
{
    struct ffisan_tracecalls n = {0};
    struct machine_call call;
    for (uintptr_t end = from + 1; end <= to; end++) {
        if (!read_call(end, from, &call))
            continue;
        n.n_like_it += call.target == target;
        n.n_of_c += is_of_c(call.target);
    }
    return n;
}

static void note_calls(const struct ffisan_tracepoint *point, struct ffisan_tracepath *path)
{
    const struct lj_trace *trace = point->trace;
    uintptr_t start = trace->mcode, end = start + trace->szmcode, pc = point->machine_pc;
    struct machine_call call;
    if (pc - start >= trace->szmcode)
        return;
    /* A return address, or the byte before it. */
    if (!read_call(pc, start, &call) && !read_call(pc + 1, start, &call))
        return;
    if (path->n_to > 0 && path->snap[1].mcofs >= path->snap->mcofs)
        end = trace->mcode + path->snap[1].mcofs;
    path->before = count_calls(trace->mcode + path->snap->mcofs, call.start, call.target);
    path->after = count_calls(call.end, end, call.target);
    path->is_counted = true;
    path->is_of_c = is_of_c(call.target);
}

static size_t find_exactly(const struct ffisan_tracepoint *point, const struct lj_snap *snap,
                           struct ffisan_luaframe ret_frames[FFISAN_TRACEPATH_DEPTH])
{
    const struct lj_trace *trace = point->trace;
    struct ffisan_tracepath path = {
        .vm = point->vm, .trace = trace, .snap = snap, .base = point->base, .doing = point->doing};
    const struct lj_snap *end = (const struct lj_snap *)trace->snap + trace->nsnap;
    path.n_from =
        ffisan_tracestack_snapshot(point->vm, trace, snap, path.from, FFISAN_TRACEPATH_DEPTH);
    if (snap + 1 < end)
        path.n_to =
            ffisan_tracestack_snapshot(point->vm, trace, snap + 1, path.to, FFISAN_TRACEPATH_DEPTH);
    if (point->machine_pc)
        note_calls(point, &path);
    return ffisan_tracepath_find(&path, ret_frames);
}

size_t ffisan_tracestack_find(const struct ffisan_tracepoint *point, struct ffisan_luaframe *frames,
                              size_t max)
{
    struct ffisan_luaframe exact[FFISAN_TRACEPATH_DEPTH];
    const struct lj_trace *trace = point->trace;
    const struct lj_snap *snap = nearest_snapshot(trace, point->machine_pc);
    if (!snap) {
        frames[0] = (struct ffisan_luaframe){.proto = (const struct lj_proto *)trace->startpt,
                                             .pc = trace->startpc,
                                             .approximate = true};
        return 1;
    }
    size_t n = find_exactly(point, snap, exact);
    if (n == 0)
        return ffisan_tracestack_snapshot(point->vm, trace, snap, frames, max);
    n = n < max ? n : max;
    memcpy(frames, exact, n * sizeof(*frames));
    return n;
}
