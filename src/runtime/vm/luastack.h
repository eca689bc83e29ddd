/* SPDX-License-Identifier: MIT */
/**
 * Lua call stacks, read from raw memory, in three situations: inside the allocator or a C function
 * while the interpreter runs, inside compiled code (from snapshots), and in a signal handler.
 * Never calls into the VM, never allocates.  (Sources: lj_frame.h, lj_debug.c, lj_snap.c.)
 */
#ifndef FFISAN_VM_LUASTACK_H
#define FFISAN_VM_LUASTACK_H

#include "runtime/vm/layout.h"

#define FFISAN_LUASTACK_MAX 16

/** One Lua frame: which bytecode of which function. */
struct ffisan_luaframe {
    const struct lj_proto *proto; /**< NULL = not known */
    uintptr_t pc;                 /**< address of the bytecode instruction; 0 = not known */
    bool approximate;             /**< nearest known position of compiled code */
    bool is_followed;             /**< found by following the code from there */
    bool called_by_lua;           /**< by the next frame outwards, not by a C function between */
};

/**
 * The Lua frames of `thread` (a struct lj_thread), innermost first; C functions are left out.
 * `base`: where to start, normally thread->base; jit_base while compiled code runs.
 * `skip_top`: the top frame is not wanted (its position comes from a snapshot).
 */
size_t ffisan_luastack_walk(const struct lj_thread *thread, uintptr_t base, bool skip_top,
                            struct ffisan_luaframe *frames, size_t max);

/** What runs on top of the stack in the interpreter. */
struct ffisan_luatop {
    const struct ffisan_vm *vm; /**< NULL: the thread has been interrupted */
    const struct lj_thread *thread;
    uintptr_t stack, frame; /**< its first slot; the link of the function on top */
    uint64_t function;      /**< the function as in its slot */
    uint64_t pc;            /**< where it is; 0 = it is no Lua function */
};

/** False when no thread is in order. */
bool ffisan_luastack_top(const struct ffisan_vm *vm, struct ffisan_luatop *ret_top);

/** The same for a thread that is in the interpreter, or was interrupted there. */
bool ffisan_luastack_top_of(const struct lj_thread *thread, struct ffisan_luatop *ret_top);

/**
 * The thread that ran when `cframe`, the C frame of another one's interpreter, was entered: its own
 * C frame is the next on the stack.  `is_thread` tells whether a word is the address of a thread of
 * the same state.  0 = none found.  Reads the C stack, so run it under a guard.
 */
uintptr_t ffisan_luastack_below(uintptr_t cframe, bool (*is_thread)(uintptr_t word, void *context),
                                void *context);

/**
 * The Lua function that called the built-in function on top, as `ret_top`, its position the call.
 * False when the top is something else, also a C function that is not LuaJIT's own.
 */
bool ffisan_luastack_caller(const struct ffisan_luatop *top, struct ffisan_luatop *ret_caller);

/** What compiled code does where its position is wanted. */
enum ffisan_luadoing {
    FFISAN_LUA_CALLS,    /**< C code, or the VM's */
    FFISAN_LUA_ACCESSES, /**< memory, itself */
    FFISAN_LUA_MAKES_CDATA,
    FFISAN_LUA_MAKES_STRINGS,
    FFISAN_LUA_ALLOCATES, /**< what is not known */
};

/** All that the walk from one top down to the bottom depended on. */
struct ffisan_luatrail {
    struct ffisan_luatop top; /**< thread NULL: of no use */
    uint32_t n_words;
    struct {
        uintptr_t at;
        uint64_t value;
    } words[FFISAN_LUASTACK_MAX + 16];
};

/** Would the walk from this top give what it gave when the trail was left? */
static inline bool ffisan_luatrail_holds(const struct ffisan_luatrail *trail,
                                         const struct ffisan_luatop *top)
{
    if (trail->top.thread != top->thread || trail->top.stack != top->stack ||
        trail->top.frame != top->frame || trail->top.function != top->function ||
        trail->top.pc != top->pc)
        return false;
    for (uint32_t i = 0; i < trail->n_words; i++)
        if (*(const uint64_t *)trail->words[i].at != trail->words[i].value)
            return false;
    return true;
}

/**
 * The return addresses of the stack that runs in the interpreter, innermost first: the instruction
 * of the Lua function on top (if it is one), then of each Lua function that called.  One address
 * tells function and position.  Much cheaper than ffisan_luastack_walk.
 */
size_t ffisan_luastack_pcs(const struct ffisan_luatop *top, uint64_t *pcs, size_t max,
                           struct ffisan_luatrail *ret_trail);

/** Trace `number` of the state, or NULL. */
const struct lj_trace *ffisan_luastack_trace(const struct ffisan_vm *vm, uint32_t number);

/**
 * Where compiled code has called C code, or the VM's: the return address of the call.  0 = not
 * known, or none runs.
 */
uintptr_t ffisan_luastack_machine_pc(const struct ffisan_vm *vm);

/**
 * The stack of whatever runs now: compiled code or interpreter.  `machine_pcs`: return addresses
 * of the C stack, innermost first, to find the position in compiled code (may be NULL).
 */
size_t ffisan_luastack_now(const struct ffisan_vm *vm, const uintptr_t *machine_pcs,
                           size_t n_machine_pcs, struct ffisan_luaframe *frames, size_t max);

/** The same inside a call.  `caller`: its place in compiled code; 0 = not known. */
size_t ffisan_luastack_doing(const struct ffisan_vm *vm, uintptr_t caller,
                             enum ffisan_luadoing doing, struct ffisan_luaframe *frames,
                             size_t max);

#endif
