/* SPDX-License-Identifier: MIT */
/**
 * Elements of arrays: array[i] that lies outside of the block that `array` leads to is an error,
 * and known before it is read or written.
 * The interpreter's accesses only: compiled code goes to the memory at once.
 */
#ifndef FFISAN_BOUNDS_ELEMENTS_H
#define FFISAN_BOUNDS_ELEMENTS_H

/** Has the accesses watched.  Context: as ffisan_builtins_watch. */
void ffisan_elements_watch(void);

#endif
