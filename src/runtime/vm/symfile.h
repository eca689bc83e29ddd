/* SPDX-License-Identifier: MIT */
/**
 * Names from the symbol tables of a file: of what a module does not export, or of a module that is
 * not loaded any more.
 * Context: any, also a signal handler; opens the file, no memory is allocated.
 */
#ifndef FFISAN_VM_SYMFILE_H
#define FFISAN_VM_SYMFILE_H

#include "base/text.h"

enum ffisan_symbol_kind {
    FFISAN_SYMBOL_ANY,  /**< function or variable; the value is counted from the load address */
    FFISAN_SYMBOL_DATA, /**< variable, else the section that the value lies in */
    FFISAN_SYMBOL_TLS,  /**< thread-local variable; from the start of the module's block */
};

struct ffisan_symbol {
    char name[256];
    uint64_t start; /**< value of its first byte */
    bool is_section;
};

/**
 * What covers `value`.  False when the file cannot be read, is no 64-bit ELF file, or has nothing
 * there.
 */
bool ffisan_symfile_find(const char *path, uint64_t value, enum ffisan_symbol_kind kind,
                         struct ffisan_symbol *ret_symbol);

/** Appends the name of the function or variable that covers `offset`. */
bool ffisan_symfile_add(const char *path, uint64_t offset, struct ffisan_text *text);

/**
 * Does the file begin with what is loaded at `load_address`?  It may have been replaced since.
 * Reads memory there: run it under a guard.
 */
bool ffisan_symfile_is_loaded(const char *path, uint64_t load_address);

#endif
