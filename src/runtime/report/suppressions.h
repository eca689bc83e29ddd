/* SPDX-License-Identifier: MIT */
/**
 * The user's suppression file (wire/suppress.h), read when the library starts: later the program
 * may have changed its root or given up its rights.
 */
#ifndef FFISAN_REPORT_SUPPRESSIONS_H
#define FFISAN_REPORT_SUPPRESSIONS_H

#include "wire/finding.h"

#include <stdbool.h>

/** Reads it; what cannot be used is said, and the rest counts.  Context: start of the process. */
void ffisan_suppressions_read(const char *path);

/** Is the finding, whose id is known, not to be reported?  Context: any. */
bool ffisan_suppressions_match(const struct ffisan_finding *finding);

#endif
