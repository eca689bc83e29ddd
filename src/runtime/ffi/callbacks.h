/* SPDX-License-Identifier: MIT */
/**
 * Lua functions that C calls (LuaJIT's callbacks): where each was made and freed, calls that come
 * after free or from compiled code, and slots that run out.
 *
 * A state has 896 slots.  Freed ones are not given out again before the others have been, so that a
 * late call reaches a slot that is still free; the entry of all callbacks is ours and looks at two
 * words.  The VM then says what it says anyway: "bad callback".
 *
 * Context, unless said otherwise: the thread of the state, outside of its allocator.
 */
#ifndef FFISAN_FFI_CALLBACKS_H
#define FFISAN_FFI_CALLBACKS_H

#include <stdbool.h>
#include <stdint.h>
#include <ucontext.h>

struct ffisan_state;
struct ffisan_callbacks;

/** Has the functions watched that make and free callbacks.  Context: as ffisan_builtins_watch. */
void ffisan_callbacks_watch(void);

/** The numbers of stacks mean nothing any more (renew.c). */
void ffisan_callbacks_forget_stacks(struct ffisan_state *state);

/**
 * Callbacks that are lost: in use, and no memory has their address.  The state ends: which ones C
 * still has, before libraries are unloaded; then, when all that is dead has been collected, which
 * ones Lua had until its end.  The others are reported when one place has made many of them.
 */
void ffisan_callbacks_note_kept(struct ffisan_state *state);
void ffisan_callbacks_find_lost(struct ffisan_state *state);

/** The state will be closed: takes down what is known of callbacks that C may still call. */
void ffisan_callbacks_prepare_close(struct ffisan_state *state);

/**
 * The state is closed.  The page of its callbacks is kept without access.
 * Caller holds ffisan_runtime.lock.
 */
void ffisan_callbacks_close(struct ffisan_state *state);

/**
 * An access at `address` faulted.  True: that was a call of a callback of a closed state, and is
 * reported.  The program then ends as it would have.
 * Caller holds ffisan_runtime.lock.  Context: also a signal handler.
 */
bool ffisan_callbacks_fault(uintptr_t address, ucontext_t *context);

/** Where the callback that C has this address of was made: a stack; 0 = not known, or none. */
uint32_t ffisan_callbacks_made(const struct ffisan_state *state, uintptr_t address);

/** The VM's word that says on which thread a callback will run, or NULL.  Context: any. */
uint64_t *ffisan_callback_thread(const struct ffisan_state *state);

#endif
