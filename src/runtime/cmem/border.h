/* SPDX-License-Identifier: MIT */
/**
 * Programs with an allocator of their own: linked into them, or preloaded before us.  Their malloc
 * is called, not ours, by C and by libc.  What is ours to answer is the question for it by name, as
 * ffi.C asks: so the calls of Lua code itself go through functions of ours, which call theirs, and
 * the ledger knows the blocks that they are about.  It is in doubt (ledger.h): what C frees is not
 * seen.
 */
#ifndef FFISAN_CMEM_BORDER_H
#define FFISAN_CMEM_BORDER_H

#include <stdbool.h>

struct ffisan_ledger_source;

/** Looks for their functions, and answers with ours from now on; NULL = they have none. */
const struct ffisan_ledger_source *ffisan_border_open(void);

/** Our function for one of theirs, which was `found` under this name; or NULL.  Context: any. */
void *ffisan_border_own(const char *name, const void *found);

#endif
