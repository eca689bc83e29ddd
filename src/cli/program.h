/* SPDX-License-Identifier: MIT */
/** From a command to the LuaJIT behind it: PATH, #! lines, shared libraries, nginx modules. */
#ifndef FFISAN_CLI_PROGRAM_H
#define FFISAN_CLI_PROGRAM_H

#include "cli/elf.h"
#include "cli/words.h"

/** Where a program has its LuaJIT. */
enum ffisan_place {
    FFISAN_PLACE_NONE,   /**< it has none */
    FFISAN_PLACE_SHARED, /**< in a shared library */
    FFISAN_PLACE_INSIDE, /**< in the program itself, which exports Lua's API */
    FFISAN_PLACE_HIDDEN, /**< in the program itself, which exports nothing */
};

struct ffisan_program {
    char *script;          /**< owned; the script, when the command is one, or NULL */
    char *path;            /**< owned; the program: the interpreter of a script */
    char *nginx_module;    /**< owned; nginx's Lua module, when that brings the LuaJIT, or NULL */
    char *library;         /**< owned; the shared library with the LuaJIT, or NULL */
    struct ffisan_elf elf; /**< of `path` */
    enum ffisan_place place;
    bool drops_preload; /**< setuid, setgid or with capabilities: the loader ignores LD_PRELOAD */
};

/**
 * Looks into `command`, which runs nothing but the dynamic loader and `nginx -V`.  False with
 * `failure` when there is no such program.  Free with ffisan_program_free() in any case.
 */
bool ffisan_program_examine(struct ffisan_program *program, const char *command,
                            struct ffisan_failure *failure);

/** The words of the program's script that are likely to be programs with LuaJIT in them. */
void ffisan_program_script_words(const struct ffisan_program *program,
                                 struct ffisan_words *ret_words);

void ffisan_program_free(struct ffisan_program *program);

#endif
