/* SPDX-License-Identifier: MIT */
/*
 * Two slots before each base lie the function and a link: the return address in the bytecode of
 * the Lua function that called, or the distance to the frame below with a type in its low bits
 * (lj_frame.h).  A Lua function below a finalizer or hook has no return address on the Lua stack;
 * its position is in the interpreter's C frame (debug_framepc of lj_debug.c).
 */
#include "runtime/vm/anchors_frames.h"

#include "runtime/vm/liveness_ops.h"
#include "runtime/vm/proto.h"

enum { LINK_LUA = 0, LINK_C = 1, LINK_CONTINUATION = 2, LINK_VARARG = 3 };

#if defined(__aarch64__)
enum { CFRAME_NRES = 40, CFRAME_L = 16, CFRAME_PC = 8, CFRAME_PREV = 0 };
#else
enum { CFRAME_NRES = 8, CFRAME_L = 16, CFRAME_PC = 24, CFRAME_PREV = 32 };
#endif

static const uint64_t *bottom_of(const struct lj_thread *thread)
{
    return (const uint64_t *)thread->stack + 2;
}

static const uint64_t *limit_of(const struct lj_thread *thread)
{
    return (const uint64_t *)thread->stack + thread->stacksize;
}

static bool is_lua_link(uint64_t link)
{
    return (link & 3) == LINK_LUA;
}

/* NULL when the stack makes no sense. */
static const uint64_t *base_below(const struct lj_thread *thread, const uint64_t *base)
{
    uint64_t link = base[-1];
    size_t distance =
        is_lua_link(link) ? 2 + lj_bc_a(((const uint32_t *)link)[-1]) : (link & ~UINT64_C(7)) / 8;
    size_t n_below = (size_t)(base - bottom_of(thread));
    return distance >= 2 && distance <= n_below ? base - distance : NULL;
}

static uint64_t cframe_word(uint64_t cframe, unsigned offset)
{
    return *(const uint64_t *)(cframe + offset);
}

static int32_t cframe_results(uint64_t cframe)
{
    return *(const int32_t *)(cframe + CFRAME_NRES);
}

static uint64_t cframe_below(uint64_t cframe)
{
    return cframe_word(cframe, CFRAME_PREV) & ~UINT64_C(3);
}

static bool is_ffi_callback(const uint64_t *base)
{
    return (base[-1] & 7) == LINK_CONTINUATION && base[-4] == 1; /* LJ_CONT_FFI_CALLBACK */
}

/* Position of the Lua function right below `callee`, which C code called on its own account. */
static uint64_t interrupted_at(const struct ffisan_frame_walk *walk, const uint64_t *callee)
{
    const struct lj_thread *thread = walk->thread;
    uint64_t cframe = thread->cframe & ~UINT64_C(3);
    const uint64_t *base = walk->top_base;
    while (cframe != 0 && base != NULL) {
        while (cframe_results(cframe) < 0 &&
               (uintptr_t)(base - 1) < thread->stack - (int64_t)cframe_results(cframe)) {
            cframe = cframe_below(cframe);
            if (cframe == 0)
                return 0;
        }
        if (base < callee)
            return cframe_word(cframe, CFRAME_PC);
        if ((base[-1] & 3) == LINK_C || is_ffi_callback(base))
            cframe = cframe_below(cframe);
        base = base_below(thread, base);
    }
    return 0;
}

/* Address of the bytecode after the one where the function below `callee` (or on top) stands. */
static uint64_t position(const struct ffisan_frame_walk *walk)
{
    const uint64_t *callee = walk->callee;
    if (callee == NULL) {
        uint64_t cframe = walk->thread->cframe & ~UINT64_C(3);
        return cframe != 0 ? cframe_word(cframe, CFRAME_PC) : 0;
    }
    if (is_lua_link(callee[-1]))
        return callee[-1];
    if ((callee[-1] & 7) == LINK_CONTINUATION)
        return callee[-3];
    return interrupted_at(walk, callee);
}

/* NULL for dummy frames, and where a built-in function has begun to write its results there. */
static const struct lj_func *function_at(const struct ffisan_frame_walk *walk)
{
    uint64_t value = walk->base[-2];
    const struct lj_func *func = (const void *)lj_tv_object(value);
    return lj_tv_type(value) == LJ_GCT_FUNC && func->gct == LJ_GCT_FUNC ? func : NULL;
}

static void describe_lua_frame(const struct ffisan_frame_walk *walk,
                               struct ffisan_stack_frame *frame)
{
    uint64_t after = position(walk);
    frame->kind = FFISAN_FRAME_LUA;
    frame->proto = (const struct lj_proto *)frame->func->pc - 1;
    frame->pc = after != 0 ? ffisan_proto_pc(frame->proto, after - sizeof(uint32_t)) : 0;
    if (frame->pc == UINT32_MAX)
        frame->pc = 0;
}

static const uint64_t *end_of_frame(const struct ffisan_frame_walk *walk,
                                    const struct ffisan_stack_frame *frame)
{
    const uint64_t *end = (const uint64_t *)walk->thread->top;
    if (walk->callee != NULL)
        end = walk->callee - 2;
    else if (frame->proto != NULL && end < walk->base + frame->proto->framesize)
        end = walk->base + frame->proto->framesize;
    if (end > limit_of(walk->thread))
        end = limit_of(walk->thread);
    return end > walk->base ? end : walk->base;
}

void ffisan_frame_walk_init(struct ffisan_frame_walk *walk, const struct ffisan_vm *vm,
                            const struct lj_thread *thread)
{
    const uint64_t *base = (const uint64_t *)thread->base;
    if (vm != NULL && vm->layout.vmstate != FFISAN_NO_OFFSET &&
        ffisan_vm_word(vm, vm->layout.cur_L) == (uintptr_t)thread &&
        (int32_t)ffisan_vm_word(vm, vm->layout.vmstate) > 0 &&
        ffisan_vm_word(vm, vm->layout.jit_base) != 0)
        base = (const uint64_t *)ffisan_vm_word(vm, vm->layout.jit_base);
    if (base < bottom_of(thread) || base > limit_of(thread))
        base = NULL;
    *walk = (struct ffisan_frame_walk){thread, base, base, NULL, false};
}

bool ffisan_frame_walk_next(struct ffisan_frame_walk *walk, struct ffisan_stack_frame *ret_frame)
{
    if (walk->base == NULL)
        return false;
    bool is_bottom = walk->base == bottom_of(walk->thread);
    *ret_frame = (struct ffisan_stack_frame){.kind = FFISAN_FRAME_C, .base = walk->base};
    ret_frame->func = is_bottom ? NULL : function_at(walk);
    if (is_bottom)
        ret_frame->kind = FFISAN_FRAME_BOTTOM;
    else if (walk->is_varargs)
        ret_frame->kind = FFISAN_FRAME_VARARGS;
    else if (ret_frame->func != NULL && ret_frame->func->ffid == 0)
        describe_lua_frame(walk, ret_frame);
    ret_frame->end = end_of_frame(walk, ret_frame);
    walk->is_varargs = !is_bottom && (walk->base[-1] & 7) == LINK_VARARG;
    walk->callee = walk->base;
    walk->base = is_bottom ? NULL : base_below(walk->thread, walk->base);
    return true;
}

bool ffisan_frame_find(const struct ffisan_vm *vm, const struct lj_thread *thread,
                       const uint64_t *slot, struct ffisan_stack_frame *ret_frame,
                       struct ffisan_stack_frame *ret_caller, bool *ret_has_caller)
{
    struct ffisan_frame_walk walk;
    ffisan_frame_walk_init(&walk, vm, thread);
    struct ffisan_stack_frame named = {
        0}; /* the frame that varargs belong to is the one before them */
    while (ffisan_frame_walk_next(&walk, ret_frame)) {
        bool is_inside = slot >= ret_frame->base - 2 && slot < ret_frame->end;
        if (ret_frame->kind == FFISAN_FRAME_VARARGS) {
            ret_frame->proto = named.proto;
            ret_frame->pc = named.pc;
        }
        named = *ret_frame;
        if (!is_inside)
            continue;
        do
            *ret_has_caller = ffisan_frame_walk_next(&walk, ret_caller);
        while (*ret_has_caller && ret_caller->kind == FFISAN_FRAME_VARARGS);
        return true;
    }
    return false;
}

const struct lj_func *ffisan_frame_body(const struct lj_thread *thread)
{
    const uint64_t *bottom = bottom_of(thread);
    const struct lj_func *func = (const void *)lj_tv_object(*bottom);
    return lj_tv_type(*bottom) == LJ_GCT_FUNC && func->gct == LJ_GCT_FUNC ? func : NULL;
}
