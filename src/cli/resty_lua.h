/* SPDX-License-Identifier: MIT */
/** The Lua around the user's code in `ffisan resty`. */
#ifndef FFISAN_CLI_RESTY_LUA_H
#define FFISAN_CLI_RESTY_LUA_H

#include "cli/resty_options.h"

/** For init_by_lua_file: `arg`, and print, ngx.say and the like on standard output. */
char *ffisan_resty_lua_init(const struct ffisan_resty_options *options);

/**
 * For init_worker_by_lua_file: runs `inline_path` (NULL when there is no -e or -l) and the script
 * in a timer, then ends nginx.  An uncaught error is printed with a traceback and ends it with 1.
 */
char *ffisan_resty_lua_worker(const struct ffisan_resty_options *options, const char *inline_path);

/** All of -j, -l and -e as one chunk, NULL when there is none. */
char *ffisan_resty_lua_inline(const struct ffisan_resty_options *options);

#endif
