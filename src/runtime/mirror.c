/* SPDX-License-Identifier: MIT */
#include "runtime/mirror.h"

#include "runtime/cmem/thread.h"
#include "runtime/state.h"

/* Where the address of a block's twin is kept; NULL without memory. */
static void **twin_of(struct ffisan_state *state, void *block)
{
    struct ffisan_slot_ref ref;
    if (!ffisan_heap_find(&state->heap, (uintptr_t)block, &ref))
        return NULL;
    return ffisan_region_note(&ref);
}

/* What their allocator takes from malloc is theirs alone: only our notes lead to it. */
static void *ask(lua_Alloc theirs, void *ud, void *block, size_t old_size, size_t new_size)
{
    bool was_busy = ffisan_thread.is_busy;
    ffisan_thread.is_busy = true;
    void *result = theirs(ud, block, old_size, new_size);
    ffisan_thread.is_busy = was_busy;
    return result;
}

static void *release(struct ffisan_state *state, void *block, size_t size)
{
    void **twin = block ? twin_of(state, block) : NULL;
    lua_Alloc theirs = state->twin_allocf;
    void *their_ud = state->twin_ud, *their_block = twin ? *twin : NULL;
    if (block)
        ffisan_state_serve(state, block, size, 0, 0, 0); /* the last one ends the state */
    if (their_block)
        ask(theirs, their_ud, their_block, size, 0);
    return NULL;
}

void *ffisan_mirror_allocf(void *ud, void *block, size_t old_size, size_t new_size)
{
    struct ffisan_state *state = ud;
    uintptr_t helper = (uintptr_t)__builtin_return_address(0);
    uintptr_t cfa = (uintptr_t)__builtin_dwarf_cfa();
    if (new_size == 0)
        return release(state, block, old_size);
    void **old_twin = block ? twin_of(state, block) : NULL;
    void *their_old = old_twin ? *old_twin : NULL;
    void *theirs =
        ask(state->twin_allocf, state->twin_ud, their_old, block ? old_size : 0, new_size);
    if (!theirs)
        return NULL;
    void *ours = ffisan_state_serve(state, block, old_size, new_size, helper, cfa);
    void **twin = ours ? twin_of(state, ours) : NULL;
    if (twin) {
        *twin = theirs;
        return ours;
    }
    if (ours) /* no room for the twin's address: give both back */
        ffisan_state_serve(state, ours, new_size, 0, 0, 0);
    theirs = ask(state->twin_allocf, state->twin_ud, theirs, new_size, block ? old_size : 0);
    if (old_twin)
        *old_twin = theirs;
    return NULL;
}
