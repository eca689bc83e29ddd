/* SPDX-License-Identifier: MIT */
#include "runtime/cmem/thread.h"

#include "runtime/state.h"

__thread struct ffisan_thread ffisan_thread;
uint32_t ffisan_states_gone;

void ffisan_thread_state_gone(const struct ffisan_state *state)
{
    __atomic_fetch_add(&ffisan_states_gone, 1, __ATOMIC_RELAXED);
    if (ffisan_thread.state == state)
        ffisan_thread.state = NULL;
}

struct ffisan_state *ffisan_thread_check(void)
{
    bool locked = ffisan_lock_take(&ffisan_runtime.lock);
    struct ffisan_state *state = ffisan_runtime.states;
    while (state && state != ffisan_thread.state)
        state = state->next;
    for (struct ffisan_state *other = ffisan_runtime.states; other && !state; other = other->next)
        if (pthread_equal(other->thread, pthread_self()))
            state = other;
    if (locked)
        ffisan_lock_give(&ffisan_runtime.lock);
    ffisan_thread_runs(state);
    return state;
}
