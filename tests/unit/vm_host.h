/* SPDX-License-Identifier: MIT */
/**
 * A LuaJIT in our own process for tests of src/runtime/vm: opens libluajit, makes a state, finds
 * its type table, and runs chunks whose results the tests compare with what they read in memory.
 */
#ifndef FFISAN_TESTS_VM_HOST_H
#define FFISAN_TESTS_VM_HOST_H

#include "runtime/vm/layout.h"
#include "tap.h"

#include <stdarg.h>

struct lua_State;

/** lua_Debug of lua.h. */
struct vm_host_activation {
    int event;
    const char *name, *namewhat, *what, *source;
    int currentline, nups, linedefined, lastlinedefined;
    char short_src[60];
    int i_ci;
};

#define VM_HOST_GLOBALSINDEX (-10002)

struct vm_host {
    void *library;
    const char *library_path;
    struct lua_State *L;
    uintptr_t g;
    /** Only layout.ctype_state is set, and only after vm_host_find_ctypes. */
    struct ffisan_vm vm;

    struct lua_State *(*newstate)(void);
    void (*openlibs)(struct lua_State *L);
    void (*close)(struct lua_State *L);
    int (*loadbuffer)(struct lua_State *L, const char *code, size_t size, const char *name);
    int (*pcall)(struct lua_State *L, int n_arguments, int n_results, int handler);
    int (*gettop)(struct lua_State *L);
    void (*settop)(struct lua_State *L, int index);
    int (*type)(struct lua_State *L, int index);
    const void *(*topointer)(struct lua_State *L, int index);
    double (*tonumber)(struct lua_State *L, int index);
    const char *(*tolstring)(struct lua_State *L, int index, size_t *ret_length);
    void (*pushlstring)(struct lua_State *L, const char *data, size_t length);
    void (*pushnumber)(struct lua_State *L, double number);
    void (*pushcclosure)(struct lua_State *L, int (*function)(struct lua_State *), int n_upvalues);
    void (*setfield)(struct lua_State *L, int index, const char *name);
    void (*pushvalue)(struct lua_State *L, int index);
    void (*call)(struct lua_State *L, int n_arguments, int n_results);
    int (*getstack)(struct lua_State *L, int level, struct vm_host_activation *activation);
    int (*getinfo)(struct lua_State *L, const char *what, struct vm_host_activation *activation);
    const char *(*getlocal)(struct lua_State *L, const struct vm_host_activation *activation,
                            int index);
    const char *(*getupvalue)(struct lua_State *L, int function_index, int index);
};

/**
 * Opens the library: argv[1], else $FFISAN_TEST_LUAJIT, else the system's, else one in build/deps.
 * Ends the test program: with status 77 (skipped) when there is none and none was named, with 1
 * when the named one does not work.
 */
void vm_host_init(struct vm_host *host, int argc, char **argv);
void vm_host_fini(struct vm_host *host);

/**
 * Runs code with string arguments (`...` in the code; NULL-terminated, or NULL for none); its
 * results are on the stack afterwards.  Returns false, having printed the error, when it failed.
 */
bool vm_host_try(struct vm_host *host, const char *code, const char *const *arguments);

/** Loads ffi and finds where global_State keeps the type table. */
bool vm_host_find_ctypes(struct vm_host *host);

/** A check with a formatted name. */
static inline bool __attribute__((format(printf, 2, 3)))
vm_host_check(bool is_good, const char *format, ...)
{
    char name[300];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(name, sizeof(name), format, arguments);
    va_end(arguments);
    return tap_check(is_good, name, "the check named", 0);
}

/** Like vm_host_try; a failure is a failed check. */
static inline bool vm_host_run_with(struct vm_host *host, const char *code,
                                    const char *const *arguments)
{
    bool is_done = vm_host_try(host, code, arguments);
    if (!is_done)
        vm_host_check(false, "runs: %.200s", code);
    return is_done;
}

static inline bool vm_host_run(struct vm_host *host, const char *code)
{
    return vm_host_run_with(host, code, NULL);
}

#endif
