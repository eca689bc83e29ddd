/* SPDX-License-Identifier: MIT */
/**
 * Which LuaJIT state does this thread run?  Asked at every malloc, so it is one load for a thread
 * that runs none.
 */
#ifndef FFISAN_CMEM_THREAD_H
#define FFISAN_CMEM_THREAD_H

#include <stdbool.h>
#include <stdint.h>

struct ffisan_state;

struct ffisan_thread {
    struct ffisan_state *state; /**< may be gone: see ffisan_thread_state */
    uint32_t n_gone;            /**< ffisan_states_gone when it was set */
    bool is_busy;               /**< inside our own code: what it allocates is not watched */
};

extern __thread struct ffisan_thread ffisan_thread __attribute__((visibility("hidden")));

/** How many states have ended in this process. */
extern uint32_t ffisan_states_gone __attribute__((visibility("hidden")));

/** The thread runs this state now.  Context: the thread itself. */
static inline void ffisan_thread_runs(struct ffisan_state *state)
{
    ffisan_thread.state = state;
    ffisan_thread.n_gone = __atomic_load_n(&ffisan_states_gone, __ATOMIC_RELAXED);
}

/** A state is about to be freed: no thread may read it any more. */
void ffisan_thread_state_gone(const struct ffisan_state *state);

/** Some state has gone: is ours still there?  The slow half of ffisan_thread_state. */
struct ffisan_state *ffisan_thread_check(void);

/** The state that this thread runs or ran last, or NULL. */
static inline struct ffisan_state *ffisan_thread_state(void)
{
    struct ffisan_thread *thread = &ffisan_thread;
    if (__builtin_expect(thread->state == 0, 1))
        return 0;
    uint32_t n_gone = __atomic_load_n(&ffisan_states_gone, __ATOMIC_RELAXED);
    return __builtin_expect(thread->n_gone == n_gone, 1) ? thread->state : ffisan_thread_check();
}

#endif
