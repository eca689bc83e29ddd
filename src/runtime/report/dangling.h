/* SPDX-License-Identifier: MIT */
/**
 * Dangling pointers that nobody has used (yet), as warnings: only when the option `dangling` asks
 * for them, since most are overwritten before their next use.
 * Context: the state's thread, after an audit; the caller holds ffisan_runtime.lock.
 */
#ifndef FFISAN_REPORT_DANGLING_H
#define FFISAN_REPORT_DANGLING_H

struct ffisan_standin;

/** Reports a stand-in that was made by the audit that has just ended. */
void ffisan_dangling_report(const struct ffisan_standin *standin);

#endif
