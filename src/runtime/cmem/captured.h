/* SPDX-License-Identifier: MIT */
/**
 * Memory that is held for ever, because a finalizer refers to its own object (vm/captured.h): when
 * it is looked for, and what of it counts as lost.  Nothing is done as long as no finalizer is a
 * Lua function with variables of its own around it.
 */
#ifndef FFISAN_CMEM_CAPTURED_H
#define FFISAN_CMEM_CAPTURED_H

struct ffisan_state;

/** Finalizers are looked at when a chunk ends that the program's C code has run. */
void ffisan_captured_watch(void);

/**
 * After a cycle: looks when there are about twice as many finalizers as the last time.
 * Context: the thread of the state, in a finalizer.
 */
void ffisan_captured_after_cycle(struct ffisan_state *state);

/** The program has ended, its state is about to be closed.  Context: its thread. */
void ffisan_captured_ending(struct ffisan_state *state);

#endif
