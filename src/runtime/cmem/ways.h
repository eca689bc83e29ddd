/* SPDX-License-Identifier: MIT */
/**
 * Other ways to give a block back than free and realloc, which some allocators offer: sdallocx,
 * tc_free ...  Who calls them does so without our knowing (ledger.h).
 */
#ifndef FFISAN_CMEM_WAYS_H
#define FFISAN_CMEM_WAYS_H

#include <stdbool.h>

/** Is it the name of one?  Context: any. */
bool ffisan_ways_is_one(const char *name);

/**
 * Does any module that is loaded now import one?  The modules are looked at again when some have
 * come.  Takes the loader's lock.
 */
bool ffisan_ways_any_imported(void);

#endif
