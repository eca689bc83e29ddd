/* SPDX-License-Identifier: MIT */
#include "runtime/vm/luacall.h"

#include "runtime/vm/luaframe.h"

static const struct lj_header *object_in(uint64_t value)
{
    uint32_t type = lj_tv_type(value);
    if (type != LJ_GCT_CDATA && type != LJ_GCT_UDATA)
        return NULL;
    return (const struct lj_header *)lj_tv_object(value);
}

/* A cdata that is called comes first. */
static const struct lj_header *argument_of_c(uint64_t first, uint64_t second)
{
    const struct lj_header *object = object_in(first);
    const struct lj_header *other =
        object && object->gct == LJ_GCT_UDATA ? NULL : object_in(second);
    return other ? other : object;
}

const struct lj_header *ffisan_luacall_argument(const struct ffisan_luacall *call)
{
    return (call->link & LJ_FRAME_TYPE) == LJ_FRAME_C
               ? argument_of_c(call->arguments[0], call->arguments[1])
               : NULL;
}

const struct lj_header *ffisan_luacall_finalized(const struct ffisan_vm *vm)
{
    const struct lj_thread *thread = ffisan_running_thread(vm);
    uintptr_t bottom = thread ? thread->stack + 8 : 0, frame = thread ? thread->base - 8 : 0;
    for (unsigned n = 0; frame > bottom && n < LJ_FRAMES_MAX; n++) {
        uint64_t link = lj_frame_link(frame);
        if (!lj_link_is_sane(link))
            return NULL;
        if ((link & LJ_FRAME_TYPE) == LJ_FRAME_C) {
            const struct lj_header *function = lj_frame_function(frame);
            uint64_t first = lj_word(frame + 8);
            return function && lj_is_lua_function(function)
                       ? object_in(first)
                       : argument_of_c(first, lj_word(frame + 16));
        }
        frame = lj_previous_frame(frame);
    }
    return NULL;
}

bool ffisan_luacall_find(const struct ffisan_vm *vm, struct ffisan_luacall *ret_call)
{
    const struct lj_thread *thread = ffisan_running_thread(vm);
    if (!thread || thread->base <= thread->stack + 16 || thread->base >= thread->maxstack)
        return false;
    uint64_t link = lj_frame_link(thread->base - 8);
    const struct lj_header *function = lj_frame_function(thread->base - 8);
    if (!function || lj_is_lua_function(function) || !lj_link_is_sane(link))
        return false;
    *ret_call =
        (struct ffisan_luacall){.thread = thread,
                                .base = thread->base,
                                .link = link,
                                .function = lj_word(thread->base - 16),
                                .arguments = {lj_word(thread->base), lj_word(thread->base + 8)},
                                .return_pc = lj_link_is_lua(link) ? link : 0};
    return true;
}

uint64_t ffisan_luacall_pc(const struct ffisan_vm *vm)
{
    struct ffisan_luacall call;
    struct ffisan_luatop top;
    struct ffisan_luatrail trail;
    uint64_t pc = ffisan_luacall_find(vm, &call) ? call.return_pc : 0;
    if (!pc && ffisan_luastack_top(vm, &top) && !(pc = top.pc))
        ffisan_luastack_pcs(&top, &pc, 1, &trail);
    return pc;
}

bool ffisan_luacall_in_builtin(const struct ffisan_vm *vm)
{
    const struct lj_thread *thread = ffisan_running_thread(vm);
    if (!thread || (int32_t)ffisan_vm_word(vm, vm->layout.vmstate) > 0 ||
        thread->base <= thread->stack + 16)
        return false;
    const struct lj_header *top = lj_frame_function(thread->base - 8);
    return top && !lj_is_lua_function(top) && lj_link_is_lua(lj_frame_link(thread->base - 8));
}

uint64_t ffisan_luacall_interrupted(const struct ffisan_luacall *call)
{
    const struct lj_thread *thread = call->thread;
    uintptr_t below = call->base - 8 - (call->link & ~(uint64_t)LJ_FRAME_TYPEP);
    if ((call->link & LJ_FRAME_TYPE) != LJ_FRAME_C || below <= thread->stack + 8)
        return 0;
    const struct lj_header *function = lj_frame_function(below);
    if (!function)
        return 0;
    if (!lj_is_lua_function(function)) {
        uint64_t link = lj_frame_link(below);
        uint64_t pc = (link & LJ_FRAME_TYPEP) == LJ_FRAME_CONT ? lj_word(below - 16) : link;
        return lj_link_is_sane(pc) && lj_link_is_lua(pc) && pc > UINT16_MAX ? pc : 0;
    }
    uintptr_t cframe = lj_raw_cframe(thread->cframe);
    if (!cframe || lj_cframe_nres(cframe) < 0)
        return 0;
    cframe = lj_raw_cframe(lj_word(cframe + LJ_CFRAME_PREV));
    return cframe && lj_cframe_nres(cframe) >= 0 ? lj_word(cframe + LJ_CFRAME_PC) : 0;
}
