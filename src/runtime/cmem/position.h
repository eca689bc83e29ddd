/* SPDX-License-Identifier: MIT */
/**
 * Where Lua code is while C runs, and what the collector finalises meanwhile: asked at every malloc
 * and free, so the answers for the C function that runs are remembered as long as it does.
 * Context: the thread that runs the state.
 */
#ifndef FFISAN_CMEM_POSITION_H
#define FFISAN_CMEM_POSITION_H

#include "runtime/state.h"
#include "runtime/vm/luacall.h"

/** The cdata or userdata whose finalizer runs. */
struct ffisan_finalized {
    uint32_t made;  /**< its stack */
    uint16_t ctype; /**< 0 = none; FFISAN_FINALIZER_OF_USERDATA (cheap.h) */
};

#define FFISAN_POSITION_OUTER 2 /**< callers of the Lua function that calls C */

/** What this thread remembers: one call of C by Lua code, and one by C code. */
struct ffisan_position {
    struct {
        const struct ffisan_state *state; /**< NULL = none is remembered, here and below */
        const struct lj_thread *thread;
        uintptr_t stack, base;
        uint64_t link;                          /**< the return address */
        uintptr_t outer[FFISAN_POSITION_OUTER]; /**< where those of the callers lie, or base - 8 */
        uint64_t outer_links[FFISAN_POSITION_OUTER];
        uint64_t where; /**< of all of them */
    } from_lua;
    /**
     * Finalizers that are C functions free much without being called by Lua code: the walk down to
     * the code that the collector interrupted is done once for each.
     */
    struct {
        const struct ffisan_state *state;
        struct ffisan_luacall call;
        uint64_t where;
        bool knows_finalized;
        struct ffisan_finalized finalized;
    } from_c;
};
extern __thread struct ffisan_position ffisan_position __attribute__((visibility("hidden")));

static inline const struct lj_thread *ffisan_position_thread(const struct ffisan_state *state)
{
    return (const struct lj_thread *)ffisan_vm_word(&state->vm, state->vm.layout.cur_L);
}

static inline bool ffisan_position_is_from_lua(const struct ffisan_state *state)
{
    const struct ffisan_position *known = &ffisan_position;
    const struct lj_thread *thread = ffisan_position_thread(state);
    return state == known->from_lua.state && thread == known->from_lua.thread &&
           thread->base == known->from_lua.base && thread->stack == known->from_lua.stack &&
           *(const uint64_t *)(thread->base - 8) == known->from_lua.link &&
           *(const uint64_t *)known->from_lua.outer[0] == known->from_lua.outer_links[0] &&
           *(const uint64_t *)known->from_lua.outer[1] == known->from_lua.outer_links[1];
}

/** What ffisan_position_where does when C runs and it is not remembered from where. */
uint64_t ffisan_position_find(const struct ffisan_state *state);

/** As in global_State: the number of the compiled code that runs, or LJ_VMST_...; 0 = not known. */
static inline int32_t ffisan_position_vmstate(const struct ffisan_state *state)
{
    return state && state->vmstate ? *state->vmstate : 0;
}

/**
 * Where Lua code is, the line that calls C and who called that function, as far as one word tells;
 * 0 = none runs.  `state` may be NULL.  The caller is C code: when the VM says that it interprets,
 * a callback has returned to that (lj_ccallback.c).
 */
static inline uint64_t ffisan_position_where(const struct ffisan_state *state, int32_t vmstate)
{
    if (__builtin_expect(vmstate > 0, 1))
        return (uint64_t)(uint32_t)vmstate;
    if (vmstate != LJ_VMST_C && vmstate != LJ_VMST_INTERP)
        return 0;
    return ffisan_position_is_from_lua(state) ? ffisan_position.from_lua.where
                                              : ffisan_position_find(state);
}

/** The compiled code of LuaJIT that runs, by its number; 0 = none. */
static inline uint16_t ffisan_position_machine_trace(int32_t vmstate)
{
    return vmstate > 0 ? (uint16_t)vmstate : 0;
}

/** The caller knows that the collector may run a finalizer now. */
struct ffisan_finalized ffisan_position_finalized(const struct ffisan_state *state);

#endif
