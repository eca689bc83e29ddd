/* SPDX-License-Identifier: MIT */
/**
 * Names of variables of loaded modules: exported ones from the loader's tables, others from the
 * symbol table in the module's file, else the section that they lie in.
 * Context: any, also a signal handler; reads the memory of the module, so run it under a guard.
 */
#ifndef FFISAN_VM_SYMTAB_H
#define FFISAN_VM_SYMTAB_H

#include "base/text.h"

#include <link.h>

/**
 * Appends "g_options+16", ".bss+0x40" or "+0x4040" for an address in the module's data, and returns
 * how many bytes into what is named it lies.
 */
size_t ffisan_symtab_add_variable(const struct link_map *module, uintptr_t address,
                                  struct ffisan_text *text);

/** The same for a thread-local variable, `offset` bytes into the module's block of them. */
size_t ffisan_symtab_add_tls(const struct link_map *module, uintptr_t offset,
                             struct ffisan_text *text);

#endif
