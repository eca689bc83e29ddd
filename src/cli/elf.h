/* SPDX-License-Identifier: MIT */
/** What an ELF file says about the LuaJIT in it. */
#ifndef FFISAN_CLI_ELF_H
#define FFISAN_CLI_ELF_H

#include "cli/diag.h"

/** Symbols of the dynamic symbol table that matter. */
enum ffisan_elf_symbol {
    FFISAN_ELF_LUA_NEWSTATE = 1,
    FFISAN_ELF_LUAL_NEWSTATE = 2,
    FFISAN_ELF_LUA_SETALLOCF = 4,
    FFISAN_ELF_LUAJIT_SETMODE = 8,
    FFISAN_ELF_MALLOC = 16,
};

struct ffisan_elf {
    bool is_native;          /**< 64 bits, for this machine; the rest is known only then */
    bool is_static;          /**< no dynamic loader: nothing can be preloaded */
    char interpreter[256];   /**< the dynamic loader, or "" */
    unsigned defined;        /**< set of enum ffisan_elf_symbol */
    unsigned imported;       /**< the same */
    bool has_lua_init;       /**< reads LUA_INIT */
    bool has_ffi;            /**< has a text that only LuaJIT's FFI has */
    char luajit_version[64]; /**< "LuaJIT 2.1.0-beta3", or "" */
};

/** Reads `path`; false with `failure` when that cannot be read or is no ELF file. */
bool ffisan_elf_read(struct ffisan_elf *elf, const char *path, struct ffisan_failure *failure);

#endif
