/* SPDX-License-Identifier: MIT */
/**
 * The C function on top of a Lua stack: who called it, and with what.  malloc and free ask this so
 * often that it is kept apart from the walks of luastack.h.
 * Context: the thread that runs the state, while C runs.
 */
#ifndef FFISAN_VM_LUACALL_H
#define FFISAN_VM_LUACALL_H

#include "runtime/vm/luastack.h"

/** Does a built-in or C function run on top of the innermost Lua function? */
bool ffisan_luacall_in_builtin(const struct ffisan_vm *vm);

/**
 * The object that is being finalised, when a finalizer runs on top: the argument of the innermost
 * function that C code (the collector) called.  Whether the collector finalises now is the
 * caller's to know.  NULL = none found.
 */
const struct lj_header *ffisan_luacall_finalized(const struct ffisan_vm *vm);

/**
 * A C function on top of the stack.  As long as all but return_pc is the same, it is the same call,
 * or one that is not to be told from it.
 */
struct ffisan_luacall {
    const struct lj_thread *thread;
    uintptr_t base;
    uint64_t link, function, arguments[2]; /**< as in their slots, from base - 16 to base + 8 */
    uint64_t return_pc; /**< in the Lua function that called it; 0 = C code did */
};

/** False when the top is no C function, or the stack is not in order. */
bool ffisan_luacall_find(const struct ffisan_vm *vm, struct ffisan_luacall *ret_call);

/** What ffisan_luacall_finalized tells, if the collector itself made this call; else NULL. */
const struct lj_header *ffisan_luacall_argument(const struct ffisan_luacall *call);

/** The innermost position of Lua code: the first address of ffisan_luastack_pcs, or 0. */
uint64_t ffisan_luacall_pc(const struct ffisan_vm *vm);

/**
 * The position of the Lua code that was interrupted for the call (return_pc is 0), where it takes
 * no walk to tell: a Lua function right below, or the built-in function that one had called.
 * 0 = ask ffisan_luacall_pc.
 */
uint64_t ffisan_luacall_interrupted(const struct ffisan_luacall *call);

#endif
