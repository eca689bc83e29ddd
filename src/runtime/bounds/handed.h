/* SPDX-License-Identifier: MIT */
/** Bytes that the program has the kernel or a stream read, and that no block has as many of. */
#ifndef FFISAN_BOUNDS_HANDED_H
#define FFISAN_BOUNDS_HANDED_H

/** Has the wrappers of write, send, fwrite ... tell of them.  Context: as ffisan_builtins_watch. */
void ffisan_handed_watch(void);

#endif
