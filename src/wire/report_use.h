/* SPDX-License-Identifier: MIT */
/** The first sections of a report: the source line with what happened there, and its stack. */
#ifndef FFISAN_WIRE_REPORT_USE_H
#define FFISAN_WIRE_REPORT_USE_H

#include "wire/finding.h"
#include "wire/report_layout.h"

/** The source line, underlined, and the verdict: "write of 12 bytes into memory that is gone". */
void ffisan_report_write_use(struct ffisan_layout *layout, const struct ffisan_finding *finding);

/** "used by" and a line for each frame. */
void ffisan_report_write_stack(struct ffisan_layout *layout, const struct ffisan_finding *finding);

#endif
