/* SPDX-License-Identifier: MIT */
/**
 * Calls of ffi.gc: where a finalizer is set is noted (cmem/finalizer_places.h).  And of ffi.cast,
 * which makes integers of addresses (cmem/numbers.h).
 */
#ifndef FFISAN_FFI_SETTING_H
#define FFISAN_FFI_SETTING_H

/** Has them watched.  Context: as ffisan_builtins_watch. */
void ffisan_setting_watch(void);

#endif
