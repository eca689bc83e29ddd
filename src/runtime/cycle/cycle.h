/* SPDX-License-Identifier: MIT */
/**
 * When a collection cycle has ended: a userdata that nobody refers to is finalised in every cycle,
 * in the phase after the sweep; its finaliser runs the audit and leaves another such userdata.
 * Public API only, works in compiled code (lj_gc.c, GCSfinalize).
 */
#ifndef FFISAN_CYCLE_CYCLE_H
#define FFISAN_CYCLE_CYCLE_H

struct ffisan_state;

/** Leaves the first userdata.  Context: the state's thread, outside of its allocator. */
void ffisan_cycle_start(struct ffisan_state *state);

/** A last full cycle and audit, before the state is closed. */
void ffisan_cycle_finish(struct ffisan_state *state);

#endif
