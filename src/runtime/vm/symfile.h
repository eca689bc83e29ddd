/* SPDX-License-Identifier: MIT */
/**
 * Names from the symbol tables of a file, for modules that are not loaded any more.
 * Context: any, also a signal handler; opens the file, no memory is allocated.
 */
#ifndef FFISAN_VM_SYMFILE_H
#define FFISAN_VM_SYMFILE_H

#include "base/text.h"

/**
 * Appends the name of the function or variable that covers `offset`, counted from the module's load
 * address.  False when the file cannot be read, is no 64-bit ELF file, or has none there.
 */
bool ffisan_symfile_add(const char *path, uint64_t offset, struct ffisan_text *text);

#endif
