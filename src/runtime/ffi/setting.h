/* SPDX-License-Identifier: MIT */
/** Calls of ffi.gc: where a finalizer is set is noted (cmem/finalizer_places.h). */
#ifndef FFISAN_FFI_SETTING_H
#define FFISAN_FFI_SETTING_H

/** Has ffi.gc watched.  Context: as ffisan_builtins_watch. */
void ffisan_setting_watch(void);

#endif
