/* SPDX-License-Identifier: MIT */
/**
 * Dead objects that were written, which nobody saw happen: by C code that had the address on a
 * stack or in a number, where it is not re-aimed.
 * Context: the state's thread, within an audit; the caller holds ffisan_runtime.lock.
 */
#ifndef FFISAN_REPORT_UNSEEN_H
#define FFISAN_REPORT_UNSEEN_H

struct ffisan_standin;

/** Reports the block of a stand-in, whose content is not what it was. */
void ffisan_unseen_report(const struct ffisan_standin *standin);

#endif
