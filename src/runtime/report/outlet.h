/* SPDX-License-Identifier: MIT */
/**
 * Where findings go: the files of the options, the run directory, standard error.
 * Context: any; the caller holds ffisan_runtime.lock.  No malloc, no stdio.  errno is kept.
 */
#ifndef FFISAN_REPORT_OUTLET_H
#define FFISAN_REPORT_OUTLET_H

#include <stdbool.h>
#include <stddef.h>

/** With the process's first state: sets ffisan_runtime.run_dir, and marks the process as alive. */
void ffisan_outlet_begin(const char *run_dir);

/** One line of JSON, to the run directory and the file of the option report. */
void ffisan_outlet_record(const char *data, size_t size);

/** Text for people: to the file of the option log, else to standard error. */
void ffisan_outlet_text(const char *data, size_t size);

/** "key=value" to the status file; false when that cannot be written.  True without a directory. */
bool ffisan_outlet_status(const char *key, const char *value);

/** This process, past any fork, also one that libc does not know of. */
int ffisan_outlet_pid(void);

#endif
