/* SPDX-License-Identifier: MIT */
/**
 * Freed C memory that has no pages of its own (cmem/paged.h), or whose pages are open again: its
 * use raises no fault, but what the ffi library is about to do can be looked at before it does it.
 * Context: the thread of the state.
 */
#ifndef FFISAN_BOUNDS_GONE_H
#define FFISAN_BOUNDS_GONE_H

#include "wire/finding.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ffisan_state;

/**
 * These bytes are about to be accessed.  If they belong to a freed block that is not used again
 * yet, this is reported, once for a block.  `function`: the ffi function that does it; NULL = an
 * index.
 */
void ffisan_gone_check(struct ffisan_state *state, uintptr_t address, size_t size,
                       enum ffisan_access access, const char *function);

#endif
