/* SPDX-License-Identifier: MIT */
/**
 * Fields of structs behind pointers, before they are read or written.
 * Context: as ffi/builtins.h.
 */
#ifndef FFISAN_BOUNDS_FIELDS_H
#define FFISAN_BOUNDS_FIELDS_H

#include "runtime/bounds/extent.h"

/** The first argument is a cdata that is indexed by the second, a string. */
void ffisan_fields_check(const struct ffisan_builtin_call *call, enum ffisan_access access);

/**
 * Where the field lies in the struct, which is the first argument, or what that leads to; 0 for
 * what is no struct.  Sets the struct's size, 0 when that or the field is not known.
 */
size_t ffisan_fields_offset(const struct ffisan_builtin_call *call, uint32_t *ret_size);

#endif
