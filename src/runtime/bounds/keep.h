/* SPDX-License-Identifier: MIT */
/**
 * Blocks that a call can change: looked at before it, and compared after it.
 * Context: as ffi/builtins.h.
 */
#ifndef FFISAN_BOUNDS_KEEP_H
#define FFISAN_BOUNDS_KEEP_H

#include "runtime/bounds/extent.h"

/** Before: remembers the block, as far as there is room.  Reports damage that is there already. */
void ffisan_keep_block(const struct ffisan_builtin_call *call, const struct ffisan_extent *extent);

/** Before: only a string, which must not change. */
void ffisan_keep_string(const struct ffisan_builtin_call *call, const struct ffisan_extent *extent);

/**
 * After: strings must be what they were, and the bytes behind blocks; else that is reported.
 * `name` is asked what did it, NULL: a piece of Lua code.
 */
void ffisan_keep_compare(const struct ffisan_builtin_call *call,
                         const char *(*name)(const struct ffisan_builtin_call *call));

#endif
