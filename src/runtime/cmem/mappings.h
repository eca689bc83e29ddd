/* SPDX-License-Identifier: MIT */
/**
 * Memory that Lua code had from mmap, by a call of its own or of a library that it had called: what
 * is there, and what was given back by munmap.
 * Context: any, also a signal handler: the books are left alone while somebody changes them.
 */
#ifndef FFISAN_CMEM_MAPPINGS_H
#define FFISAN_CMEM_MAPPINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ffisan_mapped {
    uintptr_t low;
    size_t size;
    uint32_t made;  /**< trace of mmap (ctraces.h); 0 = not known */
    uint32_t freed; /**< trace of munmap */
    bool is_plain;  /**< Lua code had C map it, to write to it, and it is no file's */
};

/** Has the wrappers of mmap and munmap tell.  Context: as ffisan_builtins_watch. */
void ffisan_mappings_watch(void);

/** What lay at an address where nothing is now. */
bool ffisan_mappings_find_gone(uintptr_t address, struct ffisan_mapped *ret_mapped);

/**
 * What Lua code itself had from mmap, by a call of its own, and has there now: no allocator can
 * have handed it out.
 */
bool ffisan_mappings_find_own(uintptr_t address, struct ffisan_mapped *ret_mapped);

/** Calls `visit` for each plain mapping that is there.  Context: an audit. */
void ffisan_mappings_each_plain(void (*visit)(void *context, const struct ffisan_mapped *mapped),
                                void *context);

/** The plain mapping that lies at an address. */
bool ffisan_mappings_find_plain(uintptr_t address, struct ffisan_mapped *ret_mapped);

/** Around fork: no thread is inside.  False when this thread is. */
bool ffisan_mappings_lock(void);
void ffisan_mappings_unlock(void);

#endif
