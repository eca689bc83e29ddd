/* SPDX-License-Identifier: MIT */
/**
 * What an audit finds by itself, without a use that faults: dangling pointers that nobody has used
 * (yet), and dead objects that somebody has written.
 * Context: the state's thread, within an audit; the caller holds ffisan_runtime.lock.
 */
#ifndef FFISAN_REPORT_DANGLING_H
#define FFISAN_REPORT_DANGLING_H

struct ffisan_standin;

/**
 * A stand-in that was made by the audit: a warning, only when the option `dangling` asks for it,
 * since most such pointers are overwritten before their next use.
 */
void ffisan_dangling_report(const struct ffisan_standin *standin);

/**
 * The content of its block is not what it was: an error.  C code has written there, through an
 * address on a stack or in a number, which is not re-aimed.
 */
void ffisan_dangling_report_written(const struct ffisan_standin *standin);

#endif
