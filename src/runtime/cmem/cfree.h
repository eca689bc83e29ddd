/* SPDX-License-Identifier: MIT */
/** What free is given: a block of the C heap, somebody else's, or an error. */
#ifndef FFISAN_CMEM_CFREE_H
#define FFISAN_CMEM_CFREE_H

#include <stdbool.h>
#include <stdint.h>

/**
 * `function` ("free", "realloc") gets this address to free it.  True: it is none of ours, the
 * program's allocator knows it.  False: it has been freed, or it was an error (freed before,
 * memory of Lua, the middle of a block, a variable), which has been reported; nothing is left to
 * do, and the program goes on.  NULL passes.
 * Context: any thread.  errno is kept.
 */
bool ffisan_cfree_passes(const char *function, void *block, uintptr_t pc, uintptr_t sp);

#endif
