/* SPDX-License-Identifier: MIT */
/**
 * What a call of a C function did to the memory that it was given: strings must be what they were,
 * and the bytes behind a cdata as well.  Looked at when the call returns, which tells who did it.
 * The interpreter's calls only; what compiled calls do is found by the audit.
 */
#ifndef FFISAN_BOUNDS_ARGUMENTS_H
#define FFISAN_BOUNDS_ARGUMENTS_H

#include "runtime/vm/api.h"

struct ffisan_state;

/** Has the calls watched.  Context: as ffisan_builtins_watch. */
void ffisan_arguments_watch(void);

/**
 * A finalizer of ours runs on `L`: if a C function is just returning, whose result made the VM
 * allocate, then its memory is looked at now, before somebody else finds the damage.
 */
void ffisan_arguments_check_running(struct ffisan_state *state, const lua_State *L);

#endif
