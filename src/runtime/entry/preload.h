/* SPDX-License-Identifier: MIT */
/** Functions of LuaJIT's C API that we put in place of the library's own. */
#ifndef FFISAN_ENTRY_PRELOAD_H
#define FFISAN_ENTRY_PRELOAD_H

/**
 * Programs that link libluajit find them by name.  One that has LuaJIT inside, and asks for
 * luaL_newstate by hand (ffi.C.luaL_newstate), has `found` its own: what it is to get instead, or
 * NULL.
 */
void *ffisan_preload_own(const char *name, const void *found);

/** May it be one of them?  False at once for most names. */
static inline int ffisan_preload_may_own(const char *name)
{
    return name[0] == 'l' && name[1] == 'u' && name[2] == 'a';
}

#endif
