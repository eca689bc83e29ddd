/* SPDX-License-Identifier: MIT */
/**
 * Which instructions of the program have used the ffi, as the interpreter has seen.  Compiled code
 * tells where it is only as far as it can be left there, which is often the start of a loop that
 * functions were inlined into: of these, the one with such an instruction is meant.
 * Context: the thread of the state; _refine as luastack.h.
 */
#ifndef FFISAN_VM_FFIPLACES_H
#define FFISAN_VM_FFIPLACES_H

#include "runtime/vm/luastack.h"

enum ffisan_ffi_use {
    FFISAN_FFI_ACCESS = 1, /**< of an element or a field */
    FFISAN_FFI_CALL = 2,   /**< of a C function */
    FFISAN_FFI_BUILTIN = 4 /**< of ffi.string, ffi.copy, ffi.fill */
};

/** The instruction before this address does so.  `callee`: the C function that it calls, or 0. */
void ffisan_ffiplaces_note(enum ffisan_ffi_use use, uint64_t return_pc, uintptr_t callee);

/** Has the instruction at this address done so, as far as it is remembered? */
bool ffisan_ffiplaces_has(uintptr_t pc, unsigned uses);

/**
 * `frames` begin in compiled code, which runs and does one of these things (or'ed): makes the
 * innermost frame more exact, or puts that of a function before it.  Returns how many there are.
 * `return_address`: in that code, of the C function that it has called, or 0.
 */
size_t ffisan_ffiplaces_refine(const struct ffisan_vm *vm, unsigned uses, uintptr_t return_address,
                               struct ffisan_luaframe *frames, size_t n, size_t max);

#endif
