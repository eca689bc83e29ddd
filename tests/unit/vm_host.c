/* SPDX-License-Identifier: MIT */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* process_vm_readv */
#endif
#include "vm_host.h"

#include <dlfcn.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>

#define SYSTEM_LIBRARY "/usr/lib/x86_64-linux-gnu/libluajit-5.1.so.2"
#define PRIVATE_LIBRARIES "build/deps/*/usr/lib/x86_64-linux-gnu/libluajit-5.1.so.2"
#define GLOBAL_STATE_WORDS 150 /* 1200 bytes */

static const struct {
    const char *name;
    size_t offset;
} symbols[] = {
#define SYMBOL(name, field)                                                                        \
    {                                                                                              \
        name, offsetof(struct vm_host, field)                                                      \
    }
    SYMBOL("luaL_newstate", newstate),
    SYMBOL("luaL_openlibs", openlibs),
    SYMBOL("lua_close", close),
    SYMBOL("luaL_loadbuffer", loadbuffer),
    SYMBOL("lua_pcall", pcall),
    SYMBOL("lua_gettop", gettop),
    SYMBOL("lua_settop", settop),
    SYMBOL("lua_type", type),
    SYMBOL("lua_topointer", topointer),
    SYMBOL("lua_tonumber", tonumber),
    SYMBOL("lua_tolstring", tolstring),
    SYMBOL("lua_pushlstring", pushlstring),
    SYMBOL("lua_pushnumber", pushnumber),
    SYMBOL("lua_pushcclosure", pushcclosure),
    SYMBOL("lua_setfield", setfield),
    SYMBOL("lua_pushvalue", pushvalue),
    SYMBOL("lua_call", call),
    SYMBOL("lua_getstack", getstack),
    SYMBOL("lua_getinfo", getinfo),
    SYMBOL("lua_getlocal", getlocal),
    SYMBOL("lua_getupvalue", getupvalue),
#undef SYMBOL
};

static void __attribute__((noreturn)) give_up(int status, const char *why)
{
    printf("1..0 # SKIP %s\n", why);
    exit(status);
}

static void *open_first_private(void)
{
    glob_t found;
    void *library = NULL;
    if (glob(PRIVATE_LIBRARIES, 0, NULL, &found) == 0) {
        for (size_t i = 0; i < found.gl_pathc && library == NULL; i++)
            library = dlopen(found.gl_pathv[i], RTLD_NOW | RTLD_LOCAL);
        globfree(&found);
    }
    return library;
}

static void open_library(struct vm_host *host, int argc, char **argv)
{
    const char *named = argc > 1 ? argv[1] : getenv("FFISAN_TEST_LUAJIT");
    host->library_path = named != NULL ? named : SYSTEM_LIBRARY;
    host->library = dlopen(host->library_path, RTLD_NOW | RTLD_LOCAL);
    if (host->library == NULL && named != NULL)
        give_up(1, dlerror());
    if (host->library == NULL)
        host->library = open_first_private();
    if (host->library == NULL)
        give_up(77, "no libluajit");
}

void vm_host_init(struct vm_host *host, int argc, char **argv)
{
    memset(host, 0, sizeof(*host));
    setvbuf(stdout, NULL, _IOLBF, 0);
    open_library(host, argc, argv);
    for (size_t i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++) {
        void *address = dlsym(host->library, symbols[i].name);
        if (address == NULL)
            give_up(1, dlerror());
        memcpy((char *)host + symbols[i].offset, &address, sizeof(address));
    }
    host->L = host->newstate();
    host->openlibs(host->L);
    memcpy(&host->g, (const char *)host->L + 16, sizeof(host->g));
    memset(&host->vm, 0xff, sizeof(host->vm));
    host->vm.g = host->g;
    printf("# %s\n", host->library_path);
}

void vm_host_fini(struct vm_host *host)
{
    host->close(host->L);
    dlclose(host->library);
}

bool vm_host_try(struct vm_host *host, const char *code, const char *const *arguments)
{
    int n_arguments = 0;
    host->settop(host->L, 0);
    bool is_done = host->loadbuffer(host->L, code, strlen(code), "=test") == 0;
    for (; is_done && arguments != NULL && arguments[n_arguments] != NULL; n_arguments++)
        host->pushlstring(host->L, arguments[n_arguments], strlen(arguments[n_arguments]));
    is_done = is_done && host->pcall(host->L, n_arguments, -1, 0) == 0;
    if (!is_done)
        printf("# %s\n", host->tolstring(host->L, -1, NULL));
    return is_done;
}

static bool read_memory(uintptr_t address, void *buffer, size_t size)
{
    struct iovec local = {buffer, size};
    struct iovec remote = {(void *)address, size};
    return process_vm_readv(getpid(), &local, 1, &remote, 1, 0) == (ssize_t)size;
}

/* CTState starts with tab, top, sizetab, L, g. */
static bool is_ctype_state(const struct vm_host *host, uintptr_t address)
{
    uint64_t words[4];
    return address % 8 == 0 && read_memory(address, words, sizeof(words)) && words[3] == host->g;
}

bool vm_host_find_ctypes(struct vm_host *host)
{
    uint64_t words[GLOBAL_STATE_WORDS];
    if (!vm_host_try(host, "ffi = require 'ffi'", NULL) ||
        !read_memory(host->g, words, sizeof(words)))
        return false;
    uint16_t *ret_offset = &host->vm.layout.ctype_state;
    for (uint16_t i = 0; i < GLOBAL_STATE_WORDS && *ret_offset == FFISAN_NO_OFFSET; i++)
        if (is_ctype_state(host, words[i]))
            *ret_offset = i * 8;
    printf("# type table at g+%u\n", *ret_offset);
    return *ret_offset != FFISAN_NO_OFFSET;
}
