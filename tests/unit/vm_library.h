/* SPDX-License-Identifier: MIT */
/** The LuaJIT that a test of src/runtime/vm runs on, through the API that the runtime uses. */
#ifndef FFISAN_TESTS_UNIT_VM_LIBRARY_H
#define FFISAN_TESTS_UNIT_VM_LIBRARY_H

#include "runtime/vm/api.h"

#include <dlfcn.h>
#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/**
 * Opens argv[1], else $FFISAN_TEST_LUAJIT, else the system's library, else one in build/deps.
 * Returns false, having printed that the test is skipped, when there is none.
 */
static inline bool vm_library_open(struct ffisan_api *api, int argc, char **argv)
{
    const char *path = argc > 1 ? argv[1] : getenv("FFISAN_TEST_LUAJIT");
    glob_t found = {0};
    if (path == NULL && glob("build/deps/*/usr/lib/*/libluajit-5.1.so.2", 0, NULL, &found) == 0 &&
        access("/usr/lib/x86_64-linux-gnu/libluajit-5.1.so.2", R_OK) != 0)
        path = found.gl_pathv[0];
    void *library = dlopen(path != NULL ? path : "libluajit-5.1.so.2", RTLD_NOW | RTLD_LOCAL);
    globfree(&found);
    if (library != NULL && ffisan_api_find(api, dlsym(library, "lua_newstate")))
        return true;
    const char *problem = dlerror();
    printf("1..0 # SKIP no shared LuaJIT: %s\n", problem != NULL ? problem : "unknown kind");
    return false;
}

#endif
