/* SPDX-License-Identifier: MIT */
/** Lines of source files, for quotation.  Context: any, also a signal handler. */
#ifndef FFISAN_REPORT_SOURCE_H
#define FFISAN_REPORT_SOURCE_H

#include "base/text.h"
#include "wire/finding.h"

/** Appends a line of a file without indentation and line end.  False when it cannot be read. */
bool ffisan_source_line(const char *file, int line, struct ffisan_text *out);

#endif
