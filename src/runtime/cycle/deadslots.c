/* SPDX-License-Identifier: MIT */
#include "runtime/cycle/deadslots.h"

#include "runtime/state.h"
#include "runtime/vm/anchors_frames.h"
#include "runtime/vm/liveness.h"

#define MAX_FRAMES 64
#define MAX_UPVALUES 256
#define NIL UINT64_MAX

/* Addresses of the slots that a closure refers to. */
struct open_upvalues {
    uint64_t slots[MAX_UPVALUES];
    unsigned n;
};

/* Returns false when there are too many to remember. */
static bool collect_upvalues(const struct lj_thread *thread, struct open_upvalues *open)
{
    open->n = 0;
    for (uint64_t object = thread->openupval; object;) {
        const struct lj_upval *upvalue = (const struct lj_upval *)object;
        if (open->n == MAX_UPVALUES)
            return false;
        open->slots[open->n++] = upvalue->v;
        object = upvalue->nextgc;
    }
    return true;
}

static bool is_open(const struct open_upvalues *open, const uint64_t *slot)
{
    for (unsigned i = 0; i < open->n; i++)
        if (open->slots[i] == (uint64_t)slot)
            return true;
    return false;
}

/* The answer for a point does not change as long as its function lives. */
static const struct ffisan_live_slots *live_slots(struct ffisan_state *state,
                                                  const struct ffisan_liveness_point *point)
{
    uintptr_t bytecode = (uintptr_t)&point->proto->bc[point->pc], key = bytecode + point->has_begun;
    struct ffisan_live_memo *memo =
        &state->live_memos[(bytecode >> 1 | point->has_begun) % FFISAN_LIVE_MEMOS];
    if (memo->bytecode != key) {
        memo->bytecode = 0;
        if (!state->scratch || !ffisan_liveness_at(&state->vm, point, state->scratch,
                                                   FFISAN_SCRATCH_BYTES, &memo->live))
            return NULL;
        memo->bytecode = key;
    }
    return &memo->live;
}

static void clear_frame(struct ffisan_state *state, const struct ffisan_stack_frame *frame,
                        const struct open_upvalues *open, bool has_begun)
{
    struct ffisan_liveness_point point = {frame->proto, frame->pc, has_begun};
    const struct ffisan_live_slots *live = live_slots(state, &point);
    if (!live)
        return;
    uint64_t *slot = (uint64_t *)(uintptr_t)frame->base;
    for (uint32_t i = 0; i < frame->proto->framesize && slot + i < frame->end; i++)
        if (!ffisan_liveness_is_live(live, i) && lj_tv_is_object(slot[i]) &&
            !is_open(open, slot + i))
            slot[i] = NIL;
}

/* Does its innermost function stand before an instruction? */
static void clear_thread(struct ffisan_state *state, const struct lj_thread *thread, bool is_before)
{
    struct open_upvalues open;
    struct ffisan_frame_walk walk;
    struct ffisan_stack_frame frame;
    if (!thread || thread->status != 0 || !collect_upvalues(thread, &open))
        return;
    ffisan_frame_walk_init(&walk, &state->vm, thread);
    for (unsigned n = 0; n < MAX_FRAMES && ffisan_frame_walk_next(&walk, &frame); n++)
        if (frame.kind == FFISAN_FRAME_LUA && frame.pc != 0)
            clear_frame(state, &frame, &open, n > 0 || !is_before);
}

/*
 * C code that no function on the stack stands for: a trace is left, and its frames are being put
 * there one slot after the other.  What the stack says of its top is not true yet.
 */
static bool is_leaving_trace(const struct ffisan_state *state, const struct lj_thread *running)
{
    if (*state->vmstate != LJ_VMST_C || running->base <= running->stack + 16)
        return false;
    uint64_t value = ((const uint64_t *)running->base)[-2];
    const struct lj_func *function = (const struct lj_func *)lj_tv_object(value);
    return lj_tv_type(value) == LJ_GCT_FUNC && function->ffid == 0;
}

void ffisan_deadslots_clear(struct ffisan_state *state, bool is_hook)
{
    const struct ffisan_layout *layout = &state->vm.layout;
    if (!layout->bytecode_is_known || layout->cur_L == FFISAN_NO_OFFSET || !state->vmstate ||
        (*state->vmstate != LJ_VMST_INTERP && *state->vmstate != LJ_VMST_C))
        return;
    const struct lj_thread *running =
        (const struct lj_thread *)ffisan_vm_word(&state->vm, layout->cur_L);
    if (!running || is_leaving_trace(state, running))
        return;
    clear_thread(state, running, is_hook);
    if ((const void *)running != (const void *)state->L)
        clear_thread(state, (const struct lj_thread *)state->L, false);
}
