/* SPDX-License-Identifier: MIT */
/**
 * ffi.string, ffi.copy and ffi.fill are told how many bytes to take: when these go beyond the end
 * of the block that they begin in, that is an error, and known before it happens.
 * The interpreter's calls only: compiled code does not call these functions.
 */
#ifndef FFISAN_BOUNDS_RANGES_H
#define FFISAN_BOUNDS_RANGES_H

/** Has the functions watched.  Context: as ffisan_builtins_watch. */
void ffisan_ranges_watch(void);

#endif
