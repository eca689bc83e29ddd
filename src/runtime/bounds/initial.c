/* SPDX-License-Identifier: MIT */
#include "runtime/bounds/initial.h"

#include "runtime/bounds/extent.h"
#include "runtime/report/damage.h"
#include "runtime/state.h"

static void before_new(const struct ffisan_builtin_call *call)
{
    size_t n = ffisan_builtin_n_values(call);
    call->kept->has_text_last =
        n > 2 && lj_tv_type(ffisan_builtin_value(call, n - 1)) == LJ_GCT_STR;
    if (call->kept->has_text_last && call->builtin == FFISAN_BUILTIN_NEW)
        ffisan_builtin_begin(call); /* the call of a type is watched by arguments.c as well */
}

void ffisan_initial_check(const struct ffisan_builtin_call *call, uint64_t value)
{
    struct ffisan_state *state = call->state;
    struct ffisan_culprit culprit = {.is_initializer = true};
    struct ffisan_extent extent;
    if (!call->kept->has_text_last || lj_tv_type(value) != LJ_GCT_CDATA)
        return;
    const struct lj_cdata *cdata = (const struct lj_cdata *)lj_tv_object(value);
    ffisan_state_classify_pending(state);
    if (!ffisan_extent_find(state, (uintptr_t)cdata->payload, &extent) || extent.is_c ||
        ffisan_heap_check_redzone(&state->heap, &extent.ref))
        return;
    culprit.function = call->builtin == FFISAN_BUILTIN_NEW ? "ffi.new" : NULL;
    ffisan_damage_report(state, &culprit);
}

static void after_new(const struct ffisan_builtin_call *call)
{
    size_t n = ffisan_builtin_n_values(call);
    if (!call->kept->has_text_last)
        return;
    ffisan_initial_check(call, ffisan_builtin_value(call, n - 1));
    if (call->builtin == FFISAN_BUILTIN_NEW)
        ffisan_builtin_end(call);
}

void ffisan_initial_watch(void)
{
    ffisan_builtins_watch_samples(FFISAN_BUILTIN_NEW, before_new, after_new);
    ffisan_builtins_watch_samples(FFISAN_BUILTIN_CDATA_CALL, before_new, after_new);
}
