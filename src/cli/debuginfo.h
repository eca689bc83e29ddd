/* SPDX-License-Identifier: MIT */
/**
 * Lines and names of C functions, from the symbol tables and the debug information of the modules
 * that a report names.  Only files of this machine are read.
 */
#ifndef FFISAN_CLI_DEBUGINFO_H
#define FFISAN_CLI_DEBUGINFO_H

#include "wire/finding.h"

/** What has been read so far. */
struct ffisan_debuginfo;

/** NULL without memory: then nothing is known. */
struct ffisan_debuginfo *ffisan_debuginfo_new(void);
void ffisan_debuginfo_free(struct ffisan_debuginfo *info);

/**
 * Fills in what a frame of C lacks and the module's file tells: function, file, line.  A file that
 * is not the one that ran tells nothing.  The strings live as long as `info`.
 */
void ffisan_debuginfo_complete(struct ffisan_debuginfo *info, struct ffisan_frame *frame);

/**
 * Why the next module that could not be looked into was not, as a sentence; NULL: no more, and the
 * questions start again.  Modules without debug information are not among them.
 */
const char *ffisan_debuginfo_next_problem(struct ffisan_debuginfo *info);

#endif
