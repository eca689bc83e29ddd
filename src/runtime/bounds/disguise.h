/* SPDX-License-Identifier: MIT */
/**
 * Arrays of integers that C uses as structs: "struct { long opaque[8]; }".  An integer may be any
 * number, so the audit leaves it alone.  But when a call of C has put an address there that it was
 * given in the same call, what lies there is a pointer.
 * Context: as ffi/builtins.h.
 */
#ifndef FFISAN_BOUNDS_DISGUISE_H
#define FFISAN_BOUNDS_DISGUISE_H

#include "runtime/ffi/builtins.h"

/** Before a call whose blocks are kept (keep.h): counts addresses of one block in another. */
void ffisan_disguise_before(const struct ffisan_builtin_call *call);

/** After it: marks the cdata that have more of them now. */
void ffisan_disguise_after(const struct ffisan_builtin_call *call);

#endif
