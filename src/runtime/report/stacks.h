/* SPDX-License-Identifier: MIT */
/**
 * Lua stacks of allocations, each stored once and named by a number that fits into a slot's books.
 * A stack is recognised by its bytecode (or machine code) addresses; its file names and lines are
 * resolved when it is first seen, because the function may be gone when a report needs them.
 *
 * One store per LuaJIT state.  Context: the thread of the state; ffisan_stacks_get also a handler.
 */
#ifndef FFISAN_REPORT_STACKS_H
#define FFISAN_REPORT_STACKS_H

#include "runtime/vm/luastack.h"
#include "wire/finding.h"

#include <stdbool.h>

struct ffisan_stacks;
struct ffisan_heap;

/** `depth`: frames kept per stack (1 to FFISAN_LUASTACK_MAX).  NULL without memory. */
struct ffisan_stacks *ffisan_stacks_new(unsigned depth);
void ffisan_stacks_free(struct ffisan_stacks *stacks);

/**
 * The number of the stack that runs now; 0 = unknown.  `caller`: return address into compiled
 * code, 0 = not known; `doing`: what it does.  `ret_visits`: how often this stack was seen, this
 * time included.
 */
uint32_t ffisan_stacks_doing(struct ffisan_stacks *stacks, const struct ffisan_vm *vm,
                             uintptr_t caller, enum ffisan_luadoing doing, uint32_t *ret_visits);

/** The same inside of a C function. */
static inline uint32_t ffisan_stacks_here(struct ffisan_stacks *stacks, const struct ffisan_vm *vm,
                                          uintptr_t caller, uint32_t *ret_visits)
{
    return ffisan_stacks_doing(stacks, vm, caller, FFISAN_LUA_CALLS, ret_visits);
}

/** The same while a C function runs that Lua code has called through the ffi. */
uint32_t ffisan_stacks_in_c(struct ffisan_stacks *stacks, const struct ffisan_vm *vm,
                            uintptr_t caller);

/** The number of the stack of a thread that was interrupted in the interpreter; 0 = unknown. */
uint32_t ffisan_stacks_of(struct ffisan_stacks *stacks, const struct lj_thread *interrupted);

/** Counts a visit of a stack that is known; returns how many there were.  0 for stack 0. */
uint32_t ffisan_stacks_visit(struct ffisan_stacks *stacks, uint32_t number);

/** The frames of a stack; empty for 0.  Valid as long as the store. */
struct ffisan_stack ffisan_stacks_get(const struct ffisan_stacks *stacks, uint32_t number);

/**
 * What tells the stack from others: the addresses behind the instructions of its frames, when it
 * was taken in the interpreter, also when that code is gone.  Returns how many.
 */
size_t ffisan_stacks_pcs(const struct ffisan_stacks *stacks, uint32_t number,
                         const uint64_t **ret_pcs);

/**
 * Some function or trace has died: forgets the addresses of code whose block is not live any more,
 * before its memory is reused.
 */
void ffisan_stacks_forget_dead_code(struct ffisan_stacks *stacks, struct ffisan_heap *heap);

/** Has the store no room left, and most of what it holds is of code that is gone? */
bool ffisan_stacks_is_worn(const struct ffisan_stacks *stacks);

/** Resolves frames into the store (strings are kept); returns how many were written. */
size_t ffisan_stacks_resolve(struct ffisan_stacks *stacks, const struct ffisan_luaframe *luaframes,
                             size_t n, struct ffisan_frame *frames, size_t max);

struct ffisan_stacks_counts {
    uint32_t n_stacks, n_frames;
    uint64_t n_unknown; /**< stacks that found no room */
};
struct ffisan_stacks_counts ffisan_stacks_count(const struct ffisan_stacks *stacks);

#endif
