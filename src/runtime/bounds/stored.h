/* SPDX-License-Identifier: MIT */
/**
 * Addresses that Lua code stores: sees them in the interpreter, for report/stores.h.
 * Context: the thread of the state.
 */
#ifndef FFISAN_BOUNDS_STORED_H
#define FFISAN_BOUNDS_STORED_H

#include "runtime/bounds/extent.h"

/** The call is about to give C the block, in the argument at `position` or in memory there. */
void ffisan_stored_by_call(const struct ffisan_builtin_call *call, size_t position,
                           const struct ffisan_extent *extent);

/** The same with what may be the address of a callback, or lead into a library. */
void ffisan_stored_code_by_call(const struct ffisan_builtin_call *call, size_t position,
                                uintptr_t address);

/** From now on, in states that open the ffi library later, assignments are seen. */
void ffisan_stored_watch(void);

#endif
