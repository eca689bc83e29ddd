/* SPDX-License-Identifier: MIT */
/** Is a finalizer (ffi.gc, __gc) the one that frees, and of which cdata? */
#ifndef FFISAN_CMEM_FINALIZER_H
#define FFISAN_CMEM_FINALIZER_H

#include "runtime/cmem/cheap.h"

/**
 * When the collector of `state` runs a finalizer now, notes type and origin of the object that is
 * finalised.  `state` may be NULL.  Context: the thread of the state.
 */
void ffisan_finalizer_note(const struct ffisan_state *state, struct ffisan_cnote *note);

#endif
