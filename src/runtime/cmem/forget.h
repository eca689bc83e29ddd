/* SPDX-License-Identifier: MIT */
/**
 * Memory of C that is handed out anew has addresses in it that its last owner left there.  A
 * program that writes over the first bytes of such a word makes another address of it, by accident,
 * and who searches for pointers would take it for one, and re-aim it: the program would find other
 * bytes than it wrote.
 */
#ifndef FFISAN_CMEM_FORGET_H
#define FFISAN_CMEM_FORGET_H

#include <stddef.h>
#include <stdint.h>

/**
 * Makes all words zero that lead into the heap of a Lua state, or to a stand-in.  `start` is a
 * multiple of 8.  What cannot be read or written is left out.  Context: any, under the lock of the
 * C heap.
 */
void ffisan_forget_addresses(uintptr_t start, size_t size_bytes);

#endif
