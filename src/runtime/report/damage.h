/* SPDX-License-Identifier: MIT */
/** Redzones that were found overwritten, as findings.  Context: the state's thread. */
#ifndef FFISAN_REPORT_DAMAGE_H
#define FFISAN_REPORT_DAMAGE_H

struct ffisan_state;

/** Reports and empties the queue of the state's heap. */
void ffisan_damage_report(struct ffisan_state *state);

#endif
