/* SPDX-License-Identifier: MIT */
/**
 * New cdata that begin as a copy of a string: ffi.new("char[?]", #s, s) writes the string's NUL
 * behind its end.
 */
#ifndef FFISAN_BOUNDS_INITIAL_H
#define FFISAN_BOUNDS_INITIAL_H

#include "runtime/ffi/builtins.h"

/** Has ffi.new and calls of C types watched.  Context: as ffisan_builtins_watch. */
void ffisan_initial_watch(void);

/** What the call has done until now; `value`: its result, if there is one. */
void ffisan_initial_check(const struct ffisan_builtin_call *call, uint64_t value);

#endif
