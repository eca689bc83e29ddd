/* SPDX-License-Identifier: MIT */
/**
 * Who keeps an address that leads to no block: one of code, of a callback or a library that is
 * gone.  For a report; a search of all memory that can hold it takes some milliseconds.
 */
#ifndef FFISAN_AUDIT_KEEPER_H
#define FFISAN_AUDIT_KEEPER_H

#include "runtime/audit/standin.h"

/** Addresses that are looked for: in [from, to), and of those the nearest at or below `address`. */
struct ffisan_wanted {
    uintptr_t from, to, address;
    uintptr_t owner, owner_end; /**< blocks of C that a word in there leads to do not count */
};

/**
 * Live cdata of the state that hold such an address.
 * Caller holds ffisan_runtime.lock.  Context: any, the state stands still.
 */
bool ffisan_keeper_in_lua(struct ffisan_state *state, const struct ffisan_wanted *wanted,
                          struct ffisan_holder *ret_holder);

/**
 * Variables of C, then memory of malloc.  `vm_address`: in the module that has LuaJIT in it.
 * Caller holds ffisan_runtime.lock.  Context: any; takes the loader's lock for a moment.
 */
bool ffisan_keeper_in_c(uintptr_t vm_address, const struct ffisan_wanted *wanted,
                        struct ffisan_holder *ret_holder);

#endif
