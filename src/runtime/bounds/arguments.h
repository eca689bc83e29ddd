/* SPDX-License-Identifier: MIT */
/**
 * What a call of a C function did to the memory that it was given: strings must be what they were,
 * and the bytes behind a cdata as well.  Looked at when the call returns, which tells who did it.
 * The interpreter's calls only; what compiled calls do is found by the audit.
 */
#ifndef FFISAN_BOUNDS_ARGUMENTS_H
#define FFISAN_BOUNDS_ARGUMENTS_H

#include "runtime/ffi/builtins.h"

/** Has the calls watched.  Context: as ffisan_builtins_watch. */
void ffisan_arguments_watch(void);

/** What the call has done until now. */
void ffisan_arguments_check(const struct ffisan_builtin_call *call);

#endif
