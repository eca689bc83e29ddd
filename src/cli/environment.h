/* SPDX-License-Identifier: MIT */
/**
 * The environment that a watched program starts with: the only messages that go from the command
 * to the runtime.
 *
 *   LD_PRELOAD       the library, before whatever was preloaded anyway
 *   LUA_INIT         loads the library as a module, for programs with LuaJIT inside
 *   FFISAN_LUA_INIT  the LUA_INIT that the user had
 *   FFISAN_OPTIONS   the options (wire/options.h)
 *   FFISAN_RUN_DIR   where each watched process leaves what it found (rundir.h)
 */
#ifndef FFISAN_CLI_ENVIRONMENT_H
#define FFISAN_CLI_ENVIRONMENT_H

#include "cli/diag.h"

struct ffisan_environment {
    const char *library; /**< absolute */
    const char *options;
    const char *run_dir;
    bool without_lua_init;
};

/** Changes this process's environment, which the program inherits; false with `failure`. */
bool ffisan_environment_apply(const struct ffisan_environment *environment,
                              struct ffisan_failure *failure);

#endif
