/* SPDX-License-Identifier: MIT */
/* The call that runs, of builtins.h. */
#include "runtime/ffi/builtins.h"

#include "runtime/state.h"

uint32_t ffisan_builtin_n_running;

static void note_running(struct ffisan_state *state, const struct ffisan_running_call *now)
{
    uint32_t change = (now->call != NULL) - (uint32_t)(state->running_call.call != NULL);
    if (change != 0)
        __atomic_fetch_add(&ffisan_builtin_n_running, change, __ATOMIC_RELAXED);
    state->running_call = *now;
}

void ffisan_builtin_begin(const struct ffisan_builtin_call *call)
{
    const struct lj_thread *thread = (const struct lj_thread *)call->L;
    const struct ffisan_running_call now = {.call = call,
                                            .L = call->L,
                                            .base_offset = thread->base - thread->stack,
                                            .function = ((const uint64_t *)thread->base)[-2]};
    call->kept->outer = call->state->running_call;
    note_running(call->state, &now);
}

void ffisan_builtin_end(const struct ffisan_builtin_call *call)
{
    note_running(call->state, &call->kept->outer);
}

const struct ffisan_builtin_call *ffisan_builtin_running(const struct ffisan_state *state,
                                                         const lua_State *L, uint64_t base)
{
    const struct ffisan_running_call *running = &state->running_call;
    bool is_it = running->call && running->L == L &&
                 base - ((const struct lj_thread *)L)->stack == running->base_offset &&
                 ((const uint64_t *)base)[-2] == running->function;
    return is_it ? running->call : NULL;
}

void ffisan_builtin_forget_ended(struct ffisan_state *state, const lua_State *L, uintptr_t frame)
{
    const struct ffisan_running_call none = {.call = NULL};
    uintptr_t noted = (uintptr_t)state->running_call.call;
    if (noted &&
        (noted < frame || ffisan_builtin_running(state, L, ((const struct lj_thread *)L)->base)))
        note_running(state, &none);
}
