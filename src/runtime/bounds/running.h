/* SPDX-License-Identifier: MIT */
/**
 * The call that runs now.  A C function can be just returning, or a cdata have just been made, and
 * the VM collects before it tells: then our finalizer asks what the call has done to memory.
 */
#ifndef FFISAN_BOUNDS_RUNNING_H
#define FFISAN_BOUNDS_RUNNING_H

#include "runtime/ffi/builtins.h"

/**
 * A finalizer of ours runs on `L`: looks at the memory of the call that it interrupts, before
 * somebody else finds the damage.
 */
void ffisan_running_check(struct ffisan_state *state, const lua_State *L);

#endif
