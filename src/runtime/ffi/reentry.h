/* SPDX-License-Identifier: MIT */
/**
 * A finalizer that calls into a C library while another call of the same library waits further
 * down, in a callback.  That alone means nothing: most libraries allow it.  It is told when the
 * finalizer changes the very object that the waiting call was given, or handed to the callback: the
 * library is at work on it, and to Lua it was garbage.
 * Context: the thread of the state.
 */
#ifndef FFISAN_FFI_REENTRY_H
#define FFISAN_FFI_REENTRY_H

#include "runtime/ffi/moments_books.h"

/** Does a finalizer call into a library that waits?  The call is about to be made. */
bool ffisan_reentry_is(struct ffisan_state *state, const lua_State *L);

void ffisan_reentry_before(const struct ffisan_builtin_call *call, struct ffisan_reentry *reentry);
void ffisan_reentry_after(const struct ffisan_builtin_call *call, struct ffisan_reentry *reentry);

/** Reports it. */
void ffisan_reentry_report(const struct ffisan_builtin_call *call,
                           const struct ffisan_reentry *reentry);

#endif
