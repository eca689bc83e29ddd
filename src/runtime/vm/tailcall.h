/* SPDX-License-Identifier: MIT */
/**
 * "return ffi.string(p)" leaves no frame of the function that says so: the built-in function takes
 * its place.  Which function the waiting caller had called is looked up again, the way its code
 * did; or it is the one that the interpreter has last noted a position in.  That it ended in that
 * call shows in the slots that the call was prepared in.
 * Reads raw memory of the VM.  Context: as luastack.h.
 */
#ifndef FFISAN_VM_TAILCALL_H
#define FFISAN_VM_TAILCALL_H

#include "runtime/vm/luastack.h"

#define FFISAN_TAILCALL_MAX 3
#define FFISAN_TAILCALL_DEPEND_MAX 12

struct ffisan_tailcalls {
    struct ffisan_luaframe frames[FFISAN_TAILCALL_MAX]; /**< innermost first: who called the top,
                                                             who had called that one ... */
    size_t n;
    uintptr_t depends_on[FFISAN_TAILCALL_DEPEND_MAX]; /**< words that decided who it was */
    size_t n_depends_on;
};

/**
 * The functions that are gone between the built-in or C function on top and the Lua function that
 * waits for it.  None: the one on top was called as usual, or nothing proves who did.
 */
void ffisan_tailcalls_find(const struct ffisan_luatop *top, struct ffisan_tailcalls *ret_calls);

#endif
