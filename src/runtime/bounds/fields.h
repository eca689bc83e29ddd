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

#endif
