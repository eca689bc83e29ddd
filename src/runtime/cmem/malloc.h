/* SPDX-License-Identifier: MIT */
/** The interposed malloc family, for who looks functions up by name. */
#ifndef FFISAN_CMEM_MALLOC_H
#define FFISAN_CMEM_MALLOC_H

#include "wire/options.h"

#include <stdbool.h>

/** Our definition of "malloc", "free" ..., or NULL for other names.  Context: any. */
void *ffisan_malloc_own(const char *name);

/** The definition that would be called without us, or NULL. */
void *ffisan_malloc_next(const char *name);

/**
 * Does the program call ours?  One that has a malloc of its own, linked or preloaded before us,
 * does not, and frees with its own free what libc would get from us.
 */
bool ffisan_malloc_is_ours(void);

/**
 * There is a state: begins to watch memory of C as it was asked for.  Returns how it is done: a
 * program with a malloc of its own gets a ledger (border.h) or nothing.
 */
enum ffisan_malloc ffisan_malloc_watch(enum ffisan_malloc how);

/**
 * Is it an address of code or variables of an allocator that is not libc's: one that the program
 * brings, or is linked or preloaded with?  Context: any.
 */
bool ffisan_malloc_is_of_allocator(uintptr_t address);

#endif
