/* SPDX-License-Identifier: MIT */
#include "runtime/ffi/moments_books.h"
#include "runtime/state.h"
#include "runtime/vm/tailcall.h"

static uint64_t slot_of(const struct ffisan_waiting_frame *frame, int place)
{
    const struct lj_thread *thread = (const struct lj_thread *)frame->L;
    return ((const uint64_t *)(thread->stack + frame->offset))[place];
}

/* The function ended in this call: its frame has become that of the function on top. */
static bool is_tail_call(const struct ffisan_waiting_frame *frame)
{
    const struct lj_thread *thread = (const struct lj_thread *)frame->L;
    return thread->base - thread->stack == frame->offset && slot_of(frame, -1) == frame->link;
}

static bool is_waiting(const struct ffisan_waiting_frame *frame)
{
    const struct lj_thread *thread = (const struct lj_thread *)frame->L;
    return thread->base - thread->stack > frame->offset && slot_of(frame, -1) == frame->link &&
           slot_of(frame, -2) == frame->function;
}

/* A function that was given the buffer, and did not find it by itself. */
static bool is_parameter(const struct ffisan_act *act, uintptr_t address)
{
    const struct lj_thread *thread = (const struct lj_thread *)act->L;
    const uint64_t *base = (const uint64_t *)(thread->stack + act->callers[0].base);
    const struct lj_proto *proto = ffisan_interruption_proto(base);
    for (unsigned i = 0; proto && i < proto->numparams; i++)
        if (lj_tv_type(base[i]) == LJ_GCT_CDATA &&
            lj_tv_object(base[i]) + sizeof(struct lj_cdata) == address)
            return true;
    return false;
}

/* Nobody between the function and what reads, who ended in a tail call. */
static bool is_direct(const struct ffisan_vm *vm)
{
    struct ffisan_luatop top;
    struct ffisan_tailcalls calls;
    if (!ffisan_luastack_top(vm, &top))
        return false;
    ffisan_tailcalls_find(&top, &calls);
    return calls.n == 0;
}

static bool is_by(const struct ffisan_builtin_call *call, const struct ffisan_waiting_frame *frame,
                  const struct ffisan_act *act, const struct ffisan_act_given *given)
{
    const struct ffisan_vm *vm = &call->state->vm;
    const struct lj_thread *thread = (const struct lj_thread *)call->L;
    const uint64_t *base = (const uint64_t *)(thread->stack + frame->offset);
    if (act->callers[0].base == frame->offset)
        return is_direct(vm) || ffisan_interruption_holds(vm, base, act->callers[0].link,
                                                          ffisan_act_address(vm, given));
    return is_tail_call(frame) ||
           (act->callers[1].base == frame->offset && is_parameter(act, given->payload));
}

/*
 * An error when the bytes that the function had put there were never read, and others are read in
 * their place.  Members can be meant to change, and so can what was read before.
 */
static enum ffisan_severity judge(const struct ffisan_builtin_call *call,
                                  const struct ffisan_overwriting *overwriting)
{
    bool is_text = overwriting->before.form == FFISAN_CONTENT_TEXT ||
                   overwriting->builtin == FFISAN_BUILTIN_COPY;
    return is_text && overwriting->is_own && !overwriting->was_read &&
                   call->builtin != FFISAN_BUILTIN_CDATA_INDEX
               ? FFISAN_SEVERITY_ERROR
               : FFISAN_SEVERITY_WARNING;
}

static bool is_read(const struct ffisan_builtin_call *call, const struct ffisan_act *act,
                    const struct ffisan_act_given *given,
                    const struct ffisan_overwriting *overwriting)
{
    struct ffisan_moment_part part;
    const struct ffisan_vm *vm = &call->state->vm;
    uintptr_t address = ffisan_act_address(vm, given);
    return overwriting->n_members != 1 && address >= overwriting->at &&
           address < overwriting->at + overwriting->end &&
           ffisan_act_effect(vm, act, given) == FFISAN_ACT_READS &&
           is_by(call, &overwriting->frame, act, given) && ffisan_moment_part(call, given, &part) &&
           ffisan_moment_is_there(overwriting, address - overwriting->at + part.from, part.size);
}

static bool is_written(const struct ffisan_vm *vm, const struct ffisan_act *act,
                       const struct ffisan_act_given *given,
                       const struct ffisan_overwriting *overwriting)
{
    uintptr_t address = ffisan_act_address(vm, given);
    return address >= overwriting->at && address < overwriting->at + overwriting->end &&
           ffisan_act_effect(vm, act, given) == FFISAN_ACT_WRITES;
}

void ffisan_moment_check(const struct ffisan_builtin_call *call, const struct ffisan_act *act,
                         struct ffisan_overwriting *overwriting)
{
    struct ffisan_moments *moments = call->state->moments;
    bool is_gone = overwriting->frame.L == act->L && !is_waiting(&overwriting->frame) &&
                   !is_tail_call(&overwriting->frame);
    if (is_gone || --overwriting->n_left == 0) {
        ffisan_moment_close(moments, overwriting);
        return;
    }
    if (overwriting->frame.L != act->L)
        return;
    bool read = false, written = false;
    for (uint32_t i = 0; i < act->n_given; i++) {
        read |= is_read(call, act, &act->given[i], overwriting);
        written |= is_written(&call->state->vm, act, &act->given[i], overwriting);
    }
    if (read) {
        struct ffisan_overwriting_use use = {.overwriting = overwriting,
                                             .severity = judge(call, overwriting),
                                             .callee = act->callee,
                                             .builtin = call->builtin,
                                             .stack = ffisan_moment_stack(call->state)};
        ffisan_moment_report(call->state, &use);
    }
    if (read || written)
        ffisan_moment_close(moments, overwriting);
}
