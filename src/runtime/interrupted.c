/* SPDX-License-Identifier: MIT */
/*
 * The VM remembers the interrupted thread in the C code of the collector only.  But the C frames of
 * its interpreter lie on one stack, each names its thread, and the thread knows its innermost.
 */
#include "runtime/interrupted.h"

#include "runtime/fault/guard.h"

struct search {
    struct ffisan_state *state;
    uintptr_t thread; /* from there; then the one found, or 0 */
};

static bool is_thread(uintptr_t word, void *context)
{
    struct ffisan_state *state = context;
    struct ffisan_slot_ref ref;
    if (word == (uintptr_t)state->L)
        return true;
    return ffisan_heap_find(&state->heap, word, &ref) && ref.block == word &&
           ffisan_slot_state(&ref) == FFISAN_SLOT_LIVE &&
           ((const struct lj_header *)word)->gct == LJ_GCT_THREAD;
}

static void find_below(void *argument)
{
    struct search *search = argument;
    uintptr_t cframe = ((const struct lj_thread *)search->thread)->cframe;
    search->thread = 0; /* unless the search ends well */
    search->thread = ffisan_luastack_below(cframe, is_thread, search->state);
}

const struct lj_thread *ffisan_interrupted_thread(struct ffisan_state *state,
                                                  const struct lj_thread *above)
{
    struct search search = {state, (uintptr_t)above};
    return ffisan_guard_try(find_below, &search) ? (const struct lj_thread *)search.thread : NULL;
}

uint32_t ffisan_interrupted_stack(struct ffisan_state *state)
{
    enum { MOST_THREADS = 8 };
    uint32_t visits, number;
    if (!state->stacks)
        return 0;
    number = ffisan_stacks_here(state->stacks, &state->vm, 0, &visits);
    struct search search = {state, ffisan_vm_word(&state->vm, state->vm.layout.cur_L)};
    for (unsigned n = 0; !number && search.thread && n < MOST_THREADS; n++) {
        if (!ffisan_guard_try(find_below, &search) || !search.thread)
            break;
        number = ffisan_stacks_of(state->stacks, (const struct lj_thread *)search.thread);
    }
    return number;
}
