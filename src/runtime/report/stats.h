/* SPDX-License-Identifier: MIT */
/**
 * Counters of a run, for stats=1: printed when the process exits.
 * Context: ordinary code; the caller holds ffisan_runtime.lock in ffisan_stats_add.
 */
#ifndef FFISAN_REPORT_STATS_H
#define FFISAN_REPORT_STATS_H

struct ffisan_state;

/** Adds the counters of a state that is closed. */
void ffisan_stats_add(const struct ffisan_state *state);

/** Prints the counters of all states of the process so far, if asked for. */
void ffisan_stats_print(void);

#endif
