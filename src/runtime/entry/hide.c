/* SPDX-License-Identifier: MIT */
#include "runtime/entry/hide.h"

#include "base/export.h"
#include "runtime/entry/boot.h"

#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#define OWN_LIBRARY "libffisan.so"
#define OWN_INIT "ffisan_luainit"
#define MAX_PRELOAD 4096

const char *ffisan_hidden_getenv(const char *name)
{
    size_t length = strlen(name);
    for (char **entry = environ; entry && *entry; entry++)
        if (strncmp(*entry, name, length) == 0 && (*entry)[length] == '=')
            return *entry + length + 1;
    return NULL;
}

/* LD_PRELOAD without our library: NULL when nothing else is in it. */
static const char *without_own_library(const char *value)
{
    static char rest[MAX_PRELOAD];
    const char *own = strstr(value, OWN_LIBRARY);
    if (!own)
        return value;
    const char *start = own, *end = own + strlen(OWN_LIBRARY);
    while (start > value && start[-1] != ':' && start[-1] != ' ')
        start--;
    if (*end == ':' || *end == ' ')
        end++;
    else if (start > value)
        start--;
    size_t before = (size_t)(start - value), after = strlen(end);
    if (before + after == 0)
        return NULL;
    if (before + after >= sizeof(rest))
        return value;
    memmove(rest, value, before);
    memmove(rest + before, end, after + 1);
    return rest;
}

/* The luajit command asks for LUA_INIT once, before anything else, and runs it: our way in. */
static const char *lua_init(const char *value)
{
    static bool asked;
    if (!strstr(value, OWN_INIT))
        return value;
    if (!asked && !ffisan_boot_has_attached()) {
        asked = true;
        return value;
    }
    return ffisan_hidden_getenv("FFISAN_LUA_INIT");
}

static char *visible(const char *name)
{
    if (strncmp(name, "FFISAN_", 7) == 0)
        return NULL;
    const char *value = ffisan_hidden_getenv(name);
    if (value && strcmp(name, "LD_PRELOAD") == 0)
        value = without_own_library(value);
    else if (value && strcmp(name, "LUA_INIT") == 0)
        value = lua_init(value);
    return (char *)(uintptr_t)value;
}

FFISAN_EXPORT char *getenv(const char *name)
{
    return visible(name);
}

FFISAN_EXPORT char *secure_getenv(const char *name)
{
    return getauxval(AT_SECURE) ? NULL : visible(name);
}
