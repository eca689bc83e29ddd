/* SPDX-License-Identifier: MIT */
/**
 * When the kernel gives us no memory for our kind of heap, a state goes on with blocks from the
 * allocator that it would have had without us.  They are not watched, and that is said.
 */
#ifndef FFISAN_RUNTIME_LENDER_H
#define FFISAN_RUNTIME_LENDER_H

#include <stddef.h>

struct ffisan_state;

/**
 * A block from the old allocator of a state; NULL when that has none either.  It goes back through
 * state->old_allocf.  Keeps errno.  Context: inside the state's allocator.
 */
void *ffisan_lender_alloc(struct ffisan_state *state, size_t size);

/** Gives the old allocator back, if it was made by ffisan_lender_alloc. No block is in use. */
void ffisan_lender_close(struct ffisan_state *state);

#endif
