/* SPDX-License-Identifier: MIT */
/**
 * From a finding to the world: fills in the id, drops repetitions, writes the record and the text.
 * Context: any; the caller holds ffisan_runtime.lock.  No malloc, no stdio.
 */
#ifndef FFISAN_REPORT_REPORT_H
#define FFISAN_REPORT_REPORT_H

#include "base/text.h"
#include "wire/finding.h"

#define FFISAN_REPORT_FRAMES 40

/** Room for the strings and stacks of one finding; guarded by ffisan_runtime.lock. */
struct ffisan_scratch {
    struct ffisan_text text; /* use ffisan_scratch_text_* */
    char data[24576];
    struct ffisan_frame frames[FFISAN_REPORT_FRAMES];
};

/** The scratch, emptied.  Caller holds ffisan_runtime.lock. */
struct ffisan_scratch *ffisan_scratch_begin(void);

/** Starts a string in the scratch: append to the result's text, then end it. */
const char *ffisan_scratch_string(struct ffisan_scratch *scratch);
void ffisan_scratch_end_string(struct ffisan_scratch *scratch);

/**
 * Writes a finding out.  Returns false for one whose id was reported before by this process, and
 * for one that the user's file suppresses.
 */
bool ffisan_report(struct ffisan_finding *finding);

/** After an error: ends the process when the option halt says so.  The lock is not held. */
void ffisan_report_halt(void);

/** Errors, warnings and leaks that this process has reported. */
struct ffisan_report_counts {
    unsigned n_errors, n_warnings, n_leaks, n_repeated, n_suppressed;
};
extern struct ffisan_report_counts ffisan_report_counts;

/** Appends a line `key=value` to this process' status file in the run directory, if any. */
void ffisan_report_status(const char *key, const char *value);

/** Says that not everything is watched, and why: in the status file, or on the log without one. */
void ffisan_report_degraded(const char *why);

/** One line on the log: "ffisan: ...". */
void ffisan_report_note(const char *message);

#endif
