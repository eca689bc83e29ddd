/* SPDX-License-Identifier: MIT */
/**
 * C code that takes a struct for larger than it is reads the bytes behind it, which are ours, and
 * may use them as an address: then the program crashes, as it would have by what lay there before.
 */
#ifndef FFISAN_CMEM_OVERREAD_H
#define FFISAN_CMEM_OVERREAD_H

#include <ucontext.h>

struct ffisan_state;

/**
 * A fault that is not ours: reports it when a register has a word of a redzone and another one
 * leads to the block in front of it.  `state`: that runs on this thread, or NULL.
 * Context: the handler of faults.
 */
void ffisan_overread_crash(struct ffisan_state *state, const ucontext_t *context);

#endif
