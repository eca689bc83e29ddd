/* SPDX-License-Identifier: MIT */
/**
 * Copies of stacks and strings that outlive the state whose store they come from.
 * Context: any; guarded by ffisan_runtime.lock.
 */
#ifndef FFISAN_REPORT_KEPT_H
#define FFISAN_REPORT_KEPT_H

#include "wire/finding.h"

/** Room for copies; zeroed at first, mapped when needed. */
struct ffisan_kept {
    char *data;
    size_t used;
};
#define FFISAN_KEPT_BYTES (64u << 10)

/** A copy; empty when there is no room or no stack. */
struct ffisan_stack ffisan_kept_stack(struct ffisan_kept *kept, struct ffisan_stack stack);

/** A copy; NULL when there is no room or no string. */
const char *ffisan_kept_string(struct ffisan_kept *kept, const char *string);

/** Throws all copies away. */
void ffisan_kept_clear(struct ffisan_kept *kept);

#endif
