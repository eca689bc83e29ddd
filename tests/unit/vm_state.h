/* SPDX-License-Identifier: MIT */
/** A LuaJIT state for tests of what reads it while it runs: probed, and with our own allocator. */
#ifndef FFISAN_TESTS_UNIT_VM_STATE_H
#define FFISAN_TESTS_UNIT_VM_STATE_H

#include "runtime/vm/layout.h"
#include "tap.h"
#include "vm_library.h"

#include <stdlib.h>

#define LUA(...) #__VA_ARGS__

static struct ffisan_api api;
static struct ffisan_vm vm;
static lua_State *main_thread;

/** Called for every fresh block while it is not NULL. */
static void (*on_alloc)(void *block, size_t size);
/** Called for every block before it is freed while it is not NULL. */
static void (*on_free)(void *block, size_t size);

static inline void *vm_state_alloc(void *ud, void *block, size_t old_size, size_t size)
{
    (void)ud;
    if (size == 0) {
        if (on_free && block)
            on_free(block, old_size);
        free(block);
        return NULL;
    }
    void *fresh = realloc(block, size);
    if (fresh && !block && on_alloc)
        on_alloc(fresh, size);
    return fresh;
}

/** Opens the library, probes it and makes a state; false when the test is skipped. */
static inline bool vm_state_open(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (!vm_library_open(&api, argc, argv))
        return false;
    const char *problem = ffisan_layout_probe(&api, &vm.layout);
    if (!tap_check(problem == NULL, "the library can be watched", __FILE__, __LINE__)) {
        printf("# %s\n", problem);
        exit(tap_done());
    }
    main_thread = api.lua_newstate(vm_state_alloc, NULL);
    vm.g = ((const struct lj_thread *)main_thread)->glref;
    api.luaL_openlibs(main_thread);
    return true;
}

static inline void vm_state_register(const char *name, lua_CFunction function)
{
    api.lua_pushcclosure(main_thread, function, 0);
    api.lua_setfield(main_thread, LUA_GLOBALSINDEX, name);
}

/** Runs code; returns its result as a string, or the error.  Valid until the next run. */
static inline const char *vm_state_run(const char *code, const char *chunkname)
{
    static char result[4096];
    lua_State *L = main_thread;
    api.lua_settop(L, 0);
    if (api.luaL_loadbuffer(L, code, strlen(code), chunkname) == 0)
        api.lua_pcall(L, 0, 1, 0);
    const char *text = api.lua_type(L, -1) == LUA_TNIL ? NULL : api.lua_tolstring(L, -1, NULL);
    snprintf(result, sizeof(result), "%s", text != NULL ? text : "no string");
    api.lua_settop(L, 0);
    return result;
}

#endif
