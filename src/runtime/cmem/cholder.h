/* SPDX-License-Identifier: MIT */
/**
 * Which cdata or userdata holds an address into a block?  A search of all live ones, for reports.
 * Context: as report.h; reads raw memory of the VM, so run it under a guard.
 */
#ifndef FFISAN_CMEM_CHOLDER_H
#define FFISAN_CMEM_CHOLDER_H

#include "runtime/audit/standin.h"

#include <stdbool.h>

/**
 * The holder of a word that leads to [start, start + size); rather a field than a bare pointer,
 * as that may have been read from it a moment ago.
 */
bool ffisan_cholder_find(struct ffisan_state *state, uintptr_t start, size_t size,
                         struct ffisan_holder *ret_holder);

#endif
