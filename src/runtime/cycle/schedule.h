/* SPDX-License-Identifier: MIT */
/**
 * Making cycles happen where they matter.  A full cycle is asked for by lowering the threshold of
 * the collector from within the allocator; the VM then runs it at its next allocation check, in
 * interpreted and in compiled code alike.  No clock is involved: the same run, the same cycles.
 */
#ifndef FFISAN_CYCLE_SCHEDULE_H
#define FFISAN_CYCLE_SCHEDULE_H

#include "wire/options.h"

#include <stdbool.h>
#include <stdint.h>

struct ffisan_schedule;
struct ffisan_state;

void ffisan_schedule_init(struct ffisan_schedule *schedule, enum ffisan_gc gc);

/** Has told when a collection is worth it besides (ffi/moments.h).  Context: as there. */
void ffisan_schedule_watch(void);

/**
 * A block was allocated; its site (stack) is seen for the `visits`th time, 0 = site unknown.
 * Decides whether the next allocation check runs a full cycle.  Context: the allocator.
 */
void ffisan_schedule_allocation(struct ffisan_state *state, uint32_t visits);

/**
 * May a full collection run now?  Not while the program has stopped its collector, nor while a
 * trace is recorded; and with gc=auto its cost must be covered, which is charged.
 */
bool ffisan_schedule_may_collect(struct ffisan_state *state);

/**
 * The program is about to ask the collector for its settings, and has done so: meanwhile they are
 * what the program made them.  `begin` returns whether there was anything to hide.
 */
bool ffisan_schedule_hide_begin(struct ffisan_state *state);
void ffisan_schedule_hide_end(struct ffisan_state *state);

/** A cycle has ended: restores what forcing it had changed.  Context: a finaliser. */
void ffisan_schedule_cycle_ended(struct ffisan_state *state);

#endif
