/* SPDX-License-Identifier: MIT */
/**
 * The moment at which a finalizer runs is the collector's: in the middle of a function that has put
 * something into a buffer and has not read it yet.  When the finalizer writes to the same buffer,
 * the function reads what the finalizer left there.
 *
 * Noticed when that is read: the function, or what it called, wrote there last; a finalizer that
 * interrupted the function has changed it since; and it is as the finalizer left it.  Buffers are
 * told apart by their addresses.  The interpreter's accesses only; the collector runs finalizers in
 * the interpreter only, and what runs before them in the same iteration does so as well.
 * Context: the thread of the state.
 */
#ifndef FFISAN_FFI_MOMENTS_H
#define FFISAN_FFI_MOMENTS_H

struct ffisan_state;
struct ffisan_moments;

/** A cycle has ended: finalizers run next.  From the first time on they are watched. */
void ffisan_moments_cycle_ended(struct ffisan_state *state);

/**
 * `fill` is called when a function fills a buffer that finalizers write to as well: now it is worth
 * a collection.  The first times for each buffer, and at each doubling.
 */
void ffisan_moments_tell_of_filling(void (*fill)(struct ffisan_state *state));

/** The numbers of stacks mean nothing any more (renew.c). */
void ffisan_moments_forget_stacks(struct ffisan_state *state);

/** The state is closed. */
void ffisan_moments_free(struct ffisan_state *state);

#endif
