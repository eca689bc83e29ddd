/* SPDX-License-Identifier: MIT */
/**
 * The part of probing that is about library functions and callbacks (layout.h).
 * Context: as ffisan_layout_probe, on its scratch state with the libraries opened.
 */
#ifndef FFISAN_VM_LAYOUT_FFI_H
#define FFISAN_VM_LAYOUT_FFI_H

#include "runtime/vm/api.h"
#include "runtime/vm/layout.h"

/** Is the C code of a library function called through the address in its object? */
bool ffisan_layout_probe_functions(const struct ffisan_api *api, lua_State *L);

/** The number of the built-in function ffi.string, or 0. */
uint8_t ffisan_layout_probe_string(const struct ffisan_api *api, lua_State *L);

/** Finds the words of CTState that callbacks are managed by; `types` is its address. */
void ffisan_layout_probe_callbacks(const struct ffisan_api *api, lua_State *L, uintptr_t types,
                                   struct ffisan_callback_layout *ret_layout);

#endif
