/* SPDX-License-Identifier: MIT */
/** Tries a LuaJIT out, in a child process. */
#ifndef FFISAN_CLI_PROBE_H
#define FFISAN_CLI_PROBE_H

#include <stdbool.h>

struct ffisan_probe {
    bool is_luajit;           /**< it answered; the rest is known only then */
    char version[64];         /**< jit.version */
    char arch[16];            /**< jit.arch */
    bool is_gc64;             /**< ffi.abi("gc64") */
    bool takes_our_allocator; /**< lua_newstate works with an allocator of one's own */
};

/** Loads the shared library and makes a state with an allocator of our own. */
void ffisan_probe_library(struct ffisan_probe *probe, const char *library);

/** Runs `program -e CODE`, without LUA_INIT: for programs that are a luajit command. */
void ffisan_probe_command(struct ffisan_probe *probe, const char *program);

#endif
