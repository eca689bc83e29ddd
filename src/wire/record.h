/* SPDX-License-Identifier: MIT */
/**
 * A finding as one JSON object on one line (docs/REPORT-FORMAT.md).
 * Context: any, also a signal handler: no malloc, no stdio, no locale.
 */
#ifndef FFISAN_WIRE_RECORD_H
#define FFISAN_WIRE_RECORD_H

#include "base/text.h"
#include "wire/finding.h"

/**
 * Appends the record and a newline to `out`.  Bytes that are not valid UTF-8 become U+FFFD, so the
 * line is always valid JSON.  Returns false when the buffer was too small (then nothing is added).
 */
bool ffisan_record_write(struct ffisan_text *out, const struct ffisan_finding *finding);

#endif
