/* SPDX-License-Identifier: MIT */
#include "runtime/vm/luastack.h"

#include "runtime/vm/cstack.h"
#include "runtime/vm/luaframe.h"
#include "runtime/vm/proto.h"
#include "runtime/vm/tailcall.h"
#include "runtime/vm/tracestack.h"

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
    if (!thread || !ffisan_luastack_top_of(thread, ret_top))
        return false;
    ret_top->vm = vm;
    return true;
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
    for (size_t i = 0; i < calls.n_depends_on; i++)
        note(trail, calls.depends_on[i]);
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

/* What runs, as far as its stack can be read: a thread in order, and how it runs. */
static const struct lj_thread *find_running(const struct ffisan_vm *vm,
                                            const struct lj_trace **ret_trace)
{
    const struct ffisan_layout *layout = &vm->layout;
    *ret_trace = NULL;
    if (layout->cur_L == FFISAN_NO_OFFSET || layout->vmstate == FFISAN_NO_OFFSET)
        return NULL;
    int32_t vmstate = (int32_t)ffisan_vm_word(vm, layout->vmstate);
    if (vmstate > 0 && ffisan_vm_word(vm, layout->jit_base))
        *ret_trace = ffisan_luastack_trace(vm, (uint32_t)vmstate);
    return ffisan_running_thread(vm);
}

static size_t in_compiled_code(const struct ffisan_vm *vm, const struct lj_thread *thread,
                               struct ffisan_tracepoint *point, struct ffisan_luaframe *frames,
                               size_t max)
{
    uintptr_t base = ffisan_vm_word(vm, vm->layout.jit_base);
    const struct lj_header *root = lj_frame_function(base - 8);
    if (root && lj_is_lua_function(root))
        point->base = base;
    size_t n = point->trace && max > 0 ? ffisan_tracestack_find(point, frames, max) : 0;
    return n + ffisan_luastack_walk(thread, base, true, frames + n, max - n);
}

static bool is_compiled(const struct ffisan_vm *vm)
{
    return (int32_t)ffisan_vm_word(vm, vm->layout.vmstate) > 0 &&
           ffisan_vm_word(vm, vm->layout.jit_base);
}

/*
 * A trace runs in the C frame of the interpreter, below which it has made room for itself; before
 * it, two registers are saved, as LuaJIT was built (lj_vm, JLOOP).
 */
uintptr_t ffisan_luastack_machine_pc(const struct ffisan_vm *vm)
{
    const struct lj_trace *trace;
    const struct lj_thread *thread = find_running(vm, &trace);
    uintptr_t cframe = thread ? lj_raw_cframe(thread->cframe) : 0;
    if (!trace || !cframe)
        return 0;
    for (uintptr_t saved = 16;; saved -= 16) {
        uintptr_t pc = lj_word(cframe - saved - trace->spadjust - 8);
        if (pc - trace->mcode < trace->szmcode)
            return pc;
        if (saved == 0)
            return 0;
    }
}

size_t ffisan_luastack_now(const struct ffisan_vm *vm, const uintptr_t *machine_pcs,
                           size_t n_machine_pcs, struct ffisan_luaframe *frames, size_t max)
{
    struct ffisan_tracepoint point = {.vm = vm, .doing = FFISAN_LUA_CALLS};
    const struct lj_thread *thread = find_running(vm, &point.trace);
    if (!thread || !is_compiled(vm))
        return thread ? in_interpreter(vm, thread, frames, max) : 0;
    for (size_t i = 0; point.trace && i < n_machine_pcs && !point.machine_pc; i++) {
        if (machine_pcs[i] - point.trace->mcode >= point.trace->szmcode)
            continue;
        point.machine_pc = machine_pcs[i];
        point.doing = i == 0 ? FFISAN_LUA_ACCESSES : FFISAN_LUA_CALLS;
    }
    if (point.trace && !point.machine_pc && n_machine_pcs > 0)
        point.machine_pc = ffisan_luastack_machine_pc(vm);
    return in_compiled_code(vm, thread, &point, frames, max);
}

size_t ffisan_luastack_doing(const struct ffisan_vm *vm, uintptr_t caller,
                             enum ffisan_luadoing doing, struct ffisan_luaframe *frames, size_t max)
{
    struct ffisan_tracepoint point = {.vm = vm, .doing = doing};
    const struct lj_thread *thread = find_running(vm, &point.trace);
    if (!thread || !is_compiled(vm))
        return thread ? in_interpreter(vm, thread, frames, max) : 0;
    if (point.trace && caller - point.trace->mcode < point.trace->szmcode)
        point.machine_pc = caller;
    else if (point.trace)
        point.machine_pc = ffisan_luastack_machine_pc(vm);
    return in_compiled_code(vm, thread, &point, frames, max);
}
