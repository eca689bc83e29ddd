/* SPDX-License-Identifier: MIT */
#include "runtime/cmem/position.h"

#include "runtime/cmem/cheap.h"
#include "runtime/vm/luaframe.h"

__thread struct ffisan_position ffisan_position;

/* The call of the C function that is remembered, or the next one of it: a finalizer runs again. */
static inline bool is_function_known(const struct ffisan_state *state)
{
    const struct lj_thread *thread = ffisan_position_thread(state);
    const struct ffisan_luacall *call = &ffisan_position.from_c.call;
    if (state != ffisan_position.from_c.state || thread != call->thread ||
        thread->base != call->base)
        return false;
    const uint64_t *base = (const uint64_t *)thread->base;
    return base[-1] == call->link && base[-2] == call->function;
}

static inline bool are_arguments_known(void)
{
    const struct ffisan_luacall *call = &ffisan_position.from_c.call;
    const uint64_t *base = (const uint64_t *)call->base;
    return base[0] == call->arguments[0] && base[1] == call->arguments[1];
}

static void remember_where(const struct ffisan_state *state)
{
    uint64_t interrupted = ffisan_luacall_interrupted(&ffisan_position.from_c.call);
    ffisan_position.from_c.where = interrupted ? interrupted : ffisan_luacall_pc(&state->vm);
    ffisan_position.from_c.knows_finalized = false;
}

static void remember_from_c(const struct ffisan_state *state, const struct ffisan_luacall *call)
{
    ffisan_position.from_c.call = *call;
    ffisan_position.from_c.state = state;
    remember_where(state);
}

static void remember_arguments(const struct ffisan_state *state)
{
    struct ffisan_luacall *call = &ffisan_position.from_c.call;
    const uint64_t *base = (const uint64_t *)call->base;
    call->arguments[0] = base[0];
    call->arguments[1] = base[1];
    remember_where(state);
}

/* Where the links of the Lua functions lie that wait for the one that called, innermost first. */
static size_t find_outer(const struct ffisan_luacall *call,
                         uintptr_t ret_links[FFISAN_POSITION_OUTER])
{
    uintptr_t bottom = call->thread->stack + 8, frame = call->base - 8;
    uint64_t link = call->link;
    size_t n = 0;
    while (n < FFISAN_POSITION_OUTER && lj_link_is_lua(link)) {
        frame = lj_previous_frame(frame);
        if (frame > bottom && (lj_frame_link(frame) & LJ_FRAME_TYPEP) == LJ_FRAME_VARG)
            frame = lj_previous_frame(frame);
        if (frame <= bottom || frame >= call->base)
            break;
        link = lj_frame_link(frame);
        ret_links[n++] = frame;
    }
    return n;
}

static uint64_t remember_from_lua(const struct ffisan_state *state,
                                  const struct ffisan_luacall *call)
{
    typeof(ffisan_position.from_lua) *known = &ffisan_position.from_lua;
    uint64_t where = call->link;
    size_t n = find_outer(call, known->outer);
    for (size_t i = 0; i < FFISAN_POSITION_OUTER; i++) {
        if (i >= n)
            known->outer[i] = call->base - 8;
        known->outer_links[i] = *(const uint64_t *)known->outer[i];
        where = where * UINT64_C(0x9e3779b97f4a7c15) + known->outer_links[i];
    }
    known->state = state;
    known->thread = call->thread;
    known->stack = call->thread->stack;
    known->base = call->base;
    known->link = call->link;
    known->where = where | 1;
    return known->where;
}

uint64_t ffisan_position_find(const struct ffisan_state *state)
{
    struct ffisan_luacall call;
    if (is_function_known(state)) {
        if (!are_arguments_known())
            remember_arguments(state);
        return ffisan_position.from_c.where;
    }
    if (!ffisan_luacall_find(&state->vm, &call))
        return *state->vmstate == LJ_VMST_C ? ffisan_luacall_pc(&state->vm) : 0;
    if (!call.return_pc) {
        remember_from_c(state, &call);
        return ffisan_position.from_c.where;
    }
    return remember_from_lua(state, &call);
}

static struct ffisan_finalized describe(const struct ffisan_state *state,
                                        const struct lj_header *object)
{
    struct ffisan_finalized finalized = {0};
    struct ffisan_slot_ref ref;
    struct ffisan_region *region = ffisan_region_find((uintptr_t)object);
    if (!object || (object->gct != LJ_GCT_CDATA && object->gct != LJ_GCT_UDATA))
        return finalized;
    finalized.ctype = object->gct == LJ_GCT_CDATA ? ((const struct lj_cdata *)object)->ctypeid
                                                  : FFISAN_FINALIZER_OF_USERDATA;
    if (region && region->heap == &state->heap && ffisan_slot_find(region, (uintptr_t)object, &ref))
        finalized.made = ref.slot->stack;
    return finalized;
}

static struct ffisan_finalized find_finalized(const struct ffisan_state *state)
{
    return describe(state, ffisan_luacall_finalized(&state->vm));
}

struct ffisan_finalized ffisan_position_finalized(const struct ffisan_state *state)
{
    struct ffisan_luacall call;
    if (!state->vmstate || (*state->vmstate != LJ_VMST_C && *state->vmstate != LJ_VMST_INTERP))
        return (struct ffisan_finalized){0};
    if (is_function_known(state)) {
        if (!are_arguments_known())
            remember_arguments(state);
    } else {
        if (!ffisan_luacall_find(&state->vm, &call) || call.return_pc)
            return find_finalized(state);
        remember_from_c(state, &call);
    }
    if (!ffisan_position.from_c.knows_finalized) {
        const struct lj_header *object = ffisan_luacall_argument(&ffisan_position.from_c.call);
        ffisan_position.from_c.finalized = object ? describe(state, object) : find_finalized(state);
    }
    ffisan_position.from_c.knows_finalized = true;
    return ffisan_position.from_c.finalized;
}
