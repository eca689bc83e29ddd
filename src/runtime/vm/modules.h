/* SPDX-License-Identifier: MIT */
/**
 * Loaded modules (the program and its libraries) and the names they export, read from the loader's
 * tables.  No allocation; no lock where glibc has _dl_find_object (2.35 and later).
 * Context: any, also a signal handler.
 */
#ifndef FFISAN_VM_MODULES_H
#define FFISAN_VM_MODULES_H

#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Looks up what the functions below need. Idempotent. Context: not a signal handler. */
void ffisan_modules_prepare(void);

/** Module that an address lies in, or NULL. */
const struct link_map *ffisan_modules_find(uintptr_t address);

/** The addresses [low, low + size) of the module that one lies in; false when in none. */
bool ffisan_modules_range(uintptr_t address, uintptr_t *ret_low, size_t *ret_size);

/** Base name; the program's own comes from /proc/self/exe. */
const char *ffisan_modules_name(const struct link_map *module);

/** Path of its file. */
const char *ffisan_modules_path(const struct link_map *module);

/** The build ID that the linker left in it, or NULL. */
const uint8_t *ffisan_modules_build_id(const struct link_map *module, size_t *ret_size);

bool ffisan_modules_is_program(const struct link_map *module);

/** Exported function that an address lies in (by its size), or NULL. */
const char *ffisan_modules_function(const struct link_map *module, uintptr_t address);

/** Exported variable that an address lies in, and how many bytes into it; or NULL. */
const char *ffisan_modules_variable(const struct link_map *module, uintptr_t address,
                                    uintptr_t *ret_offset);

/** Does a module need a function or variable from elsewhere whose name is one of those? */
bool ffisan_modules_imports(const struct dl_phdr_info *module, bool (*is_one)(const char *name));

/**
 * Exported function that is nothing but a jump to `target`, or NULL: libc's vsnprintf sets a flag
 * and jumps to a nameless function, which in a stack stands for it.
 */
const char *ffisan_modules_thunk(const struct link_map *module, uintptr_t target);

#endif
