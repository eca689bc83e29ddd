/* SPDX-License-Identifier: MIT */
/**
 * The other threads of the process, stopped for a moment: nothing that they have moves, and what
 * they have in registers can be read.
 *
 * A child that shares our memory traces them (ptrace).  They get no signal and see no EINTR:
 * system calls that wait and would not be begun again are left to wait, their arguments count as
 * registers.  (A thread that enters such a call while it is being stopped would see EINTR.)
 */
#ifndef FFISAN_BASE_OTHERS_H
#define FFISAN_BASE_OTHERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ffisan_others;

/**
 * Stops them.  NULL when that is not possible: one of them does not react, there are too many, or,
 * and then `*ret_is_refused` is set, the kernel, its settings (kernel.yama.ptrace_scope) or a
 * debugger do not let us.  Until they are resumed, signals but faults are held back, and no lock
 * may be waited for, of whomever.
 * errno is kept.  Context: any thread, not twice at a time; no signal handler.
 */
struct ffisan_others *ffisan_others_stop(bool *ret_is_refused);

/** What was in their registers, `*ret_n` words; valid until they are resumed. */
const uint64_t *ffisan_others_words(const struct ffisan_others *others, size_t *ret_n);

/** Lets them run on, as if nothing had been.  NULL is nothing. */
void ffisan_others_resume(struct ffisan_others *others);

#endif
