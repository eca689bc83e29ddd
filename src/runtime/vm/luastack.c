/* SPDX-License-Identifier: MIT */
#include "runtime/vm/luastack.h"

#include "runtime/vm/cstack.h"
#include "runtime/vm/luaframe.h"
#include "runtime/vm/proto.h"
#include "runtime/vm/tailcall.h"

/* Position of a Lua function that C code interrupted right above it: see debug_framepc(). */
static uintptr_t interrupted_pc(const struct lj_thread *thread, uintptr_t base,
                                uintptr_t next_frame)
{
    uintptr_t cframe = lj_raw_cframe(thread->cframe);
    uintptr_t frame = base - 8;
    for (unsigned n = 0; cframe && n < LJ_FRAMES_MAX; n++) {
        while (lj_cframe_nres(cframe) < 0) {
            if (frame >= thread->stack + (uintptr_t)-lj_cframe_nres(cframe))
                break;
            cframe = lj_raw_cframe(lj_word(cframe + LJ_CFRAME_PREV));
            if (!cframe)
                return 0;
        }
        if (frame < next_frame)
            return lj_word(cframe + LJ_CFRAME_PC);
        uint64_t link = lj_frame_link(frame);
        if (!lj_link_is_lua(link) && ((link & LJ_FRAME_TYPE) == LJ_FRAME_C))
            cframe = lj_raw_cframe(lj_word(cframe + LJ_CFRAME_PREV));
        if (frame <= thread->stack + 8)
            return 0;
        frame = lj_previous_frame(frame);
    }
    return 0;
}

/* Return address in the function below `next_frame` (0 = it is the top frame). */
static uintptr_t return_pc(const struct lj_thread *thread, uintptr_t base, uintptr_t next_frame)
{
    if (next_frame == 0) {
        uintptr_t cframe = lj_raw_cframe(thread->cframe);
        if (!cframe || lj_word(cframe + LJ_CFRAME_PC) == lj_word(cframe + LJ_CFRAME_L))
            return 0;
        return lj_word(cframe + LJ_CFRAME_PC);
    }
    uint64_t link = lj_frame_link(next_frame);
    if (lj_link_is_lua(link))
        return link;
    if ((link & LJ_FRAME_TYPEP) == LJ_FRAME_CONT)
        return lj_word(next_frame - 16);
    return interrupted_pc(thread, base, next_frame);
}

static const struct lj_proto *function_proto(const struct lj_func *function)
{
    return (const struct lj_proto *)(function->pc - sizeof(struct lj_proto));
}

size_t ffisan_luastack_walk(const struct lj_thread *thread, uintptr_t base, bool skip_top,
                            struct ffisan_luaframe *frames, size_t max)
{
    uintptr_t bottom = thread->stack + 8, limit = thread->stack + 8 * (uint64_t)thread->stacksize;
    uintptr_t frame = base - 8, next_frame = 0;
    bool skip = false;
    size_t n = 0, n_before = 0;
    for (unsigned walked = 0; walked < LJ_FRAMES_MAX && n < max; walked++) {
        if (frame <= bottom || frame >= limit)
            break;
        const struct lj_header *function = lj_frame_function(frame);
        if (function && !skip && !skip_top && lj_is_lua_function(function)) {
            uintptr_t pc = return_pc(thread, base, next_frame);
            const struct lj_proto *proto = function_proto((const struct lj_func *)function);
            bool inside = pc && ffisan_proto_pc(proto, pc - 4) != UINT32_MAX;
            frames[n++] = (struct ffisan_luaframe){.proto = proto, .pc = inside ? pc - 4 : 0};
        }
        uint64_t link = lj_frame_link(frame);
        if (!lj_link_is_sane(link))
            break;
        skip = !lj_link_is_lua(link) &&
               (link & LJ_FRAME_TYPEP) == LJ_FRAME_VARG; /* pseudo frame below */
        if (n > n_before)
            frames[n - 1].called_by_lua = lj_link_is_lua(link);
        if (!skip)
            n_before = n;
        skip_top = skip_top && skip;
        next_frame = frame;
        frame = lj_previous_frame(frame);
    }
    return n;
}

/* A Lua function that a hook or finaliser interrupted: its position is in no link. */
static size_t interrupted_function(const struct lj_thread *thread, uintptr_t frame,
                                   uintptr_t callee, uint64_t *ret_pc)
{
    const struct lj_header *function = lj_frame_function(frame);
    if (!function || !lj_is_lua_function(function))
        return 0;
    *ret_pc = interrupted_pc(thread, thread->base, callee);
    return *ret_pc != 0;
}

bool ffisan_luastack_top(const struct ffisan_vm *vm, struct ffisan_luatop *ret_top)
{
    const struct lj_thread *thread = ffisan_running_thread(vm);
    return thread && ffisan_luastack_top_of(thread, ret_top);
}

bool ffisan_luastack_top_of(const struct lj_thread *thread, struct ffisan_luatop *ret_top)
{
    uintptr_t frame = thread->base - 8;
    if (frame <= thread->stack + 8 || frame >= thread->maxstack)
        return false;
    const struct lj_header *function = lj_frame_function(frame);
    bool is_lua = function && lj_is_lua_function(function);
    *ret_top = (struct ffisan_luatop){.thread = thread,
                                      .stack = thread->stack,
                                      .frame = frame,
                                      .function = lj_word(frame - 8),
                                      .pc = is_lua ? return_pc(thread, thread->base, 0) : 0};
    return true;
}

bool ffisan_luastack_caller(const struct ffisan_luatop *top, struct ffisan_luatop *ret_caller)
{
    const struct lj_func *function = (const struct lj_func *)lj_frame_function(top->frame);
    uint64_t link = lj_frame_link(top->frame);
    if (!function || function->ffid <= 1 || !lj_link_is_lua(link))
        return false;
    uint32_t call = *(const uint32_t *)(link - 4);
    *ret_caller = *top;
    ret_caller->frame = top->frame - 8 * (2 + ((call >> 8) & 0xff));
    if (ret_caller->frame <= top->stack + 8)
        return false;
    ret_caller->function = lj_word(ret_caller->frame - 8);
    ret_caller->pc = link;
    return true;
}

/* The walk depends on this word of the stack. */
static uint64_t note(struct ffisan_luatrail *trail, uintptr_t address)
{
    uint64_t value = lj_word(address);
    if (trail->n_words == sizeof(trail->words) / sizeof(trail->words[0])) {
        trail->top.thread = NULL;
        return value;
    }
    trail->words[trail->n_words].at = address;
    trail->words[trail->n_words++].value = value;
    return value;
}

static size_t add_tailcalls(const struct ffisan_luatop *top, uint64_t *pcs, size_t max,
                            struct ffisan_luatrail *trail)
{
    struct ffisan_tailcalls calls;
    ffisan_tailcalls_find(top, &calls);
    if (calls.depends_on)
        note(trail, calls.depends_on);
    size_t n = 0;
    for (; n < calls.n && n < max; n++)
        pcs[n] = calls.frames[n].pc + 4;
    return n;
}

size_t ffisan_luastack_pcs(const struct ffisan_luatop *top, uint64_t *pcs, size_t max,
                           struct ffisan_luatrail *ret_trail)
{
    uintptr_t bottom = top->stack + 8, frame = top->frame;
    size_t n = 0;
    ret_trail->top = *top;
    ret_trail->n_words = 0;
    if (top->pc)
        pcs[n++] = top->pc;
    else
        n = add_tailcalls(top, pcs, max, ret_trail);
    while (n < max && frame > bottom) {
        uint64_t link = note(ret_trail, frame);
        if (!lj_link_is_sane(link))
            break;
        if (lj_link_is_lua(link)) {
            uint32_t call = *(const uint32_t *)(link - 4);
            pcs[n++] = link;
            frame -= 8 * (2 + ((call >> 8) & 0xff));
        } else {
            uint64_t pc =
                (link & LJ_FRAME_TYPEP) == LJ_FRAME_CONT ? note(ret_trail, frame - 16) : 0;
            if (pc > UINT16_MAX) /* else a callback from C, which keeps a type there */
                pcs[n++] = pc;
            uintptr_t callee = frame;
            frame -= link & ~(uint64_t)LJ_FRAME_TYPEP;
            if (n == max || (link & LJ_FRAME_TYPE) != LJ_FRAME_C || frame <= bottom)
                continue;
            note(ret_trail, frame - 8);
            if (interrupted_function(top->thread, frame, callee, &pcs[n])) {
                ret_trail->top.thread = NULL; /* its position is on the C stack */
                n++;
            }
        }
    }
    return n;
}

uintptr_t ffisan_luastack_below(uintptr_t cframe, bool (*is_thread)(uintptr_t word, void *context),
                                void *context)
{
    enum { REACH = 4096, STEP = 16 /* calls leave the stack aligned */ };
    cframe = lj_raw_cframe(cframe);
    uintptr_t end = cframe ? ffisan_cstack_end(cframe) : 0, limit = cframe + REACH;
    limit = limit < end ? limit : end;
    for (uintptr_t place = cframe + STEP; place + LJ_CFRAME_PREV < limit; place += STEP) {
        uintptr_t word = lj_word(place + LJ_CFRAME_L);
        if (is_thread(word, context) &&
            lj_raw_cframe(((const struct lj_thread *)word)->cframe) == place)
            return word;
    }
    return 0;
}

const struct lj_trace *ffisan_luastack_trace(const struct ffisan_vm *vm, uint32_t number)
{
    uint64_t traces = ffisan_vm_word(vm, vm->layout.jit_traces);
    if (!traces || number == 0 || number > 65535)
        return NULL;
    const struct lj_trace *trace = (const struct lj_trace *)lj_word(traces + 8 * (uint64_t)number);
    return trace && trace->gct == LJ_GCT_TRACE && trace->traceno == number ? trace : NULL;
}

/* IR constants lie below this reference (lj_ir.h). */
#define REF_BIAS 0x8000u
enum { IR_SIZE = 8 };
#define SNAP_FRAME 0x010000u

/* The function that a bytecode address belongs to: the trace keeps all it came through alive. */
static const struct lj_proto *proto_of(const struct lj_trace *trace, uintptr_t pc)
{
    const struct lj_proto *start = (const struct lj_proto *)trace->startpt;
    if (start && ffisan_proto_pc(start, pc) != UINT32_MAX)
        return start;
    const struct lj_header *object;
    uint32_t ref = trace->nk;
    while ((object = lj_trace_object(trace, &ref)) != NULL) {
        const struct lj_proto *proto = NULL;
        if (object->gct == LJ_GCT_PROTO)
            proto = (const struct lj_proto *)object;
        else if (lj_is_lua_function(object))
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

size_t ffisan_luastack_in_trace(const struct lj_trace *trace, uintptr_t machine_pc,
                                struct ffisan_luaframe *frames, size_t max)
{
    const struct lj_snap *snap = nearest_snapshot(trace, machine_pc);
    size_t n = 0;
    if (max == 0)
        return 0;
    if (!snap) {
        frames[n++] = (struct ffisan_luaframe){.proto = (const struct lj_proto *)trace->startpt,
                                               .pc = trace->startpc,
                                               .approximate = true};
        return n;
    }
    const uint32_t *map = (const uint32_t *)trace->snapmap + snap->mapofs;
    uint64_t pcbase;
    memcpy(&pcbase, map + snap->nent, sizeof(pcbase));
    uintptr_t pc = pcbase >> 8;
    frames[n++] = (struct ffisan_luaframe){
        .proto = proto_of(trace, pc), .pc = pc, .approximate = true, .called_by_lua = true};
    for (uint32_t i = snap->nent; i-- > 0 && n < max;) {
        uint32_t ref = map[i] & 0xffff;
        if (!(map[i] & SNAP_FRAME) || ref >= REF_BIAS || ref < trace->nk || map[i] >> 24 < 2)
            continue;
        uint64_t link = lj_word(trace->ir + (uint64_t)(ref + 1) * IR_SIZE);
        if (lj_link_is_lua(link) && link > 4096 && !(link >> 47))
            frames[n++] = (struct ffisan_luaframe){.proto = proto_of(trace, link - 4),
                                                   .pc = link - 4,
                                                   .approximate = true,
                                                   .called_by_lua = true};
    }
    return n;
}

static size_t in_interpreter(const struct ffisan_vm *vm, const struct lj_thread *thread,
                             struct ffisan_luaframe *frames, size_t max)
{
    struct ffisan_luatop top;
    struct ffisan_tailcalls calls;
    size_t n = 0;
    if (ffisan_luastack_top(vm, &top)) {
        ffisan_tailcalls_find(&top, &calls);
        for (; n < calls.n && n < max; n++)
            frames[n] = calls.frames[n];
    }
    return n + ffisan_luastack_walk(thread, thread->base, false, frames + n, max - n);
}

size_t ffisan_luastack_now(const struct ffisan_vm *vm, const uintptr_t *machine_pcs,
                           size_t n_machine_pcs, struct ffisan_luaframe *frames, size_t max)
{
    const struct ffisan_layout *layout = &vm->layout;
    if (layout->cur_L == FFISAN_NO_OFFSET || layout->vmstate == FFISAN_NO_OFFSET)
        return 0;
    const struct lj_thread *thread = ffisan_running_thread(vm);
    if (!thread)
        return 0;
    int32_t vmstate = (int32_t)ffisan_vm_word(vm, layout->vmstate);
    uintptr_t jit_base = ffisan_vm_word(vm, layout->jit_base);
    if (vmstate <= 0 || !jit_base)
        return in_interpreter(vm, thread, frames, max);
    const struct lj_trace *trace = ffisan_luastack_trace(vm, (uint32_t)vmstate);
    size_t n = 0;
    if (trace) {
        uintptr_t machine_pc = 0;
        for (size_t i = 0; i < n_machine_pcs && !machine_pc; i++)
            if (machine_pcs[i] - trace->mcode < trace->szmcode)
                machine_pc = machine_pcs[i];
        n = ffisan_luastack_in_trace(trace, machine_pc, frames, max);
    }
    return n + ffisan_luastack_walk(thread, jit_base, true, frames + n, max - n);
}
