/* SPDX-License-Identifier: MIT */
/** Strings as Lua source. */
#ifndef FFISAN_CLI_LUA_TEXT_H
#define FFISAN_CLI_LUA_TEXT_H

/** `string` as a literal that every Lua reads back unchanged, on one line.  Caller frees. */
char *ffisan_lua_quote(const char *string);

#endif
