/* SPDX-License-Identifier: MIT */
/**
 * The search of an audit in memory of C: variables of the program and its libraries, thread-local
 * ones of this thread, the heap of malloc.  Words are re-aimed there as in cdata.  The stack of
 * this thread is searched for evidence: what it leads to is kept.
 *
 * It is paid for by what the program allocates: an audit whose program has not allocated enough
 * since leaves memory of C as it is, and keeps what was found there before.
 */
#ifndef FFISAN_AUDIT_CSEARCH_H
#define FFISAN_AUDIT_CSEARCH_H

struct ffisan_audit;

/** Context: within an audit; caller holds ffisan_runtime.lock. */
void ffisan_csearch_run(struct ffisan_audit *audit);

#endif
