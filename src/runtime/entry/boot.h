/* SPDX-License-Identifier: MIT */
/**
 * Start-up: nothing happens in a process until it makes its first LuaJIT state.
 * Context: ordinary code on the thread that makes the state.
 */
#ifndef FFISAN_ENTRY_BOOT_H
#define FFISAN_ENTRY_BOOT_H

#include "runtime/state.h"

/** One LuaJIT library of the process. */
struct ffisan_luajit {
    struct ffisan_api api;
    struct ffisan_layout layout;
    const char *problem; /**< why its states cannot be watched, or NULL */
};

/**
 * The LuaJIT that contains an address (NULL = the one in the global scope), known and probed.
 * NULL when there is none.  Reads the options when called for the first time in the process.
 */
const struct ffisan_luajit *ffisan_boot(const void *address_in_luajit);

/** Is that what a LuaJIT that was found has at this offset of its struct ffisan_api? */
bool ffisan_boot_knows(const void *function, size_t offset_in_api);

/** Says in the status file how a state was entered. */
void ffisan_boot_attached(const struct ffisan_luajit *luajit, const char *how);

/** Has any state of this process been watched? */
bool ffisan_boot_has_attached(void);

#endif
