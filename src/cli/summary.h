/* SPDX-License-Identifier: MIT */
/** The last lines about a run: what was found and what was not watched. */
#ifndef FFISAN_CLI_SUMMARY_H
#define FFISAN_CLI_SUMMARY_H

#include "cli/rundir.h"

/** Were there findings that the exit status shows? */
bool ffisan_summary_has_failed(const struct ffisan_rundir_result *result);

/**
 * "3 errors, 1 leak in 2 processes", and the exit status when that is not -1.  Nothing of a run
 * without findings.
 */
void ffisan_summary_say_findings(const struct ffisan_rundir_result *result, int status);

/** What was not watched, after the notes of the processes `with_notes`. */
void ffisan_summary_say_gaps(const struct ffisan_rundir_result *result, bool with_notes);

#endif
