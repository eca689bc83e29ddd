/* SPDX-License-Identifier: MIT */
/**
 * A finding as a report for people.
 * Context: any, also a signal handler: no malloc, no stdio, no locale.
 */
#ifndef FFISAN_WIRE_REPORT_TEXT_H
#define FFISAN_WIRE_REPORT_TEXT_H

#include "base/text.h"
#include "wire/finding.h"

/** Appends the report to `out` (truncated when it is full). `color`: use terminal colours. */
void ffisan_report_text(struct ffisan_text *out, const struct ffisan_finding *finding, bool color);

#endif
