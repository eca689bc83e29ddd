/* SPDX-License-Identifier: MIT */
/**
 * Memory that is gone, but whose use raises no fault: freed C memory without pages of its own
 * (cmem/paged.h) or with pages that are open again, and memory of the VM before the next audit.
 * What the ffi library is about to do can be looked at before it does it.
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
 * Something may be about to use this address.  If it leads to memory of the VM that has died since
 * the last audit, such as the storage of a string.buffer that has grown, the audit comes early.
 */
void ffisan_gone_look(struct ffisan_state *state, uintptr_t address);

/**
 * These bytes are about to be accessed.  If they belong to a freed block that is not used again
 * yet, this is reported, once for a block.  `function`: the ffi function that does it; NULL = an
 * index.
 */
void ffisan_gone_check(struct ffisan_state *state, uintptr_t address, size_t size,
                       enum ffisan_access access, const char *function);

#endif
