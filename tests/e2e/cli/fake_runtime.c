/* SPDX-License-Identifier: MIT */
/*
 * Stands in for libffisan.so in the tests of the command.  Wherever the real one would watch a
 * LuaJIT, it writes "attached=fake" and the text of FAKE_STATUS to <pid>.status, and the text of
 * FAKE_RECORDS to <pid>.jsonl.  With FAKE_BLIND it leaves nothing.  It runs the user's LUA_INIT, or
 * returns it as a function with FAKE_RETURNS_INIT.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void append(const char *suffix, const char *text)
{
    const char *directory = getenv("FFISAN_RUN_DIR");
    char path[4096];
    if (!directory || !text)
        return;
    snprintf(path, sizeof(path), "%s/%d.%s", directory, (int)getpid(), suffix);
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0666);
    if (fd < 0 || write(fd, text, strlen(text)) < 0)
        abort();
    close(fd);
}

static void attach(void)
{
    if (getenv("FAKE_BLIND"))
        return;
    append("status", "attached=fake\n");
    append("status", getenv("FAKE_STATUS"));
    append("jsonl", getenv("FAKE_RECORDS"));
}

void *luaL_newstate(void)
{
    void *(*real)(void) = (void *(*)(void))dlsym(RTLD_NEXT, "luaL_newstate");
    attach();
    return real();
}

static int run_user_init(void *state, const char *init)
{
    int (*load)(void *, const char *, size_t, const char *) =
        (int (*)(void *, const char *, size_t, const char *))dlsym(RTLD_DEFAULT, "luaL_loadbuffer");
    void (*call)(void *, int, int) = (void (*)(void *, int, int))dlsym(RTLD_DEFAULT, "lua_call");
    if (load(state, init, strlen(init), "=LUA_INIT") != 0)
        return 0;
    if (getenv("FAKE_RETURNS_INIT"))
        return 1;
    call(state, 0, 0);
    return 0;
}

int ffisan_luainit(void *state)
{
    const char *init = getenv("FFISAN_LUA_INIT");
    attach();
    return init && *init != '@' ? run_user_init(state, init) : 0;
}
