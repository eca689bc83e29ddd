/* SPDX-License-Identifier: MIT */
/*
 * Programs that link libluajit dynamically find these before the library's own.
 */
#include "runtime/entry/preload.h"

#include "base/export.h"
#include "runtime/audit/audit.h"
#include "runtime/cycle/cycle.h"
#include "runtime/entry/boot.h"
#include "runtime/ffi/builtins.h"
#include "runtime/mirror.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

/* What the luaL_newstate of every Lua 5.1 does when an error finds no handler. */
static int panic(lua_State *L)
{
    const struct ffisan_state *state = ffisan_state_find(L);
    size_t size;
    const char *message = state ? state->api->lua_tolstring(L, -1, &size) : NULL;
    fprintf(stderr, "PANIC: unprotected error in call to Lua API (%s)\n", message ? message : "?");
    fflush(stderr);
    return 0;
}

/* The definition that would have been called without us. */
static void *next(const char *name)
{
    return dlsym(RTLD_NEXT, name);
}

/* A watched state; with `allocf` it keeps its own allocator in step.  NULL: not to be had. */
static lua_State *new_watched(const struct ffisan_luajit *luajit, lua_Alloc allocf, void *ud)
{
    struct ffisan_state *state =
        luajit->problem ? NULL : ffisan_state_new(&luajit->api, &luajit->layout);
    if (!state)
        return NULL;
    state->twin_allocf = allocf;
    state->twin_ud = ud;
    lua_State *L =
        luajit->api.lua_newstate(allocf ? ffisan_mirror_allocf : ffisan_state_allocf, state);
    if (!L) {
        ffisan_state_free(state);
        return NULL;
    }
    ffisan_state_attach(state, L);
    ffisan_boot_attached(luajit, allocf ? "lua_newstate" : "luaL_newstate");
    return L;
}

/* The library's own luaL_newstate is under way: what it asks for is to be a watched state. */
static __thread bool is_wanted;

/*
 * The library's own knows best what belongs to a new state: the panic function, and since November
 * 2025 a handler for errors in finalizers.  It calls lua_newstate, which is ours; but not if the
 * library was linked so that its own calls stay inside.
 */
static lua_State *new_by_library(const struct ffisan_luajit *luajit)
{
    is_wanted = true;
    lua_State *L = luajit->api.luaL_newstate();
    bool came_by = !is_wanted;
    is_wanted = false;
    if (!L || came_by)
        return L;
    lua_State *watched = new_watched(luajit, NULL, NULL);
    if (!watched)
        return L;
    luajit->api.lua_close(L);
    luajit->api.lua_atpanic(watched, panic);
    return watched;
}

FFISAN_EXPORT lua_State *luaL_newstate(void)
{
    const struct ffisan_luajit *luajit = ffisan_boot(NULL);
    if (luajit)
        return new_by_library(luajit);
    lua_State *(*real)(void) = (lua_State * (*)(void)) next("luaL_newstate");
    struct ffisan_api api; /* out of sight of `next`: loaded with RTLD_LOCAL */
    if (!real && ffisan_api_find(&api, NULL))
        real = api.luaL_newstate;
    return real ? real() : NULL;
}

/* LuaJIT's luaL_newstate asks for its internal allocator by a small number (lj_alloc.h). */
static bool is_internal(lua_Alloc allocf)
{
    return (uintptr_t)allocf < 65536;
}

FFISAN_EXPORT lua_State *lua_newstate(lua_Alloc allocf, void *ud)
{
    bool is_inner = is_wanted, is_foreign = !is_inner && !is_internal(allocf);
    const struct ffisan_luajit *luajit = is_inner || is_foreign ? ffisan_boot(NULL) : NULL;
    is_wanted = false;
    if (!luajit) {
        lua_State *(*real)(lua_Alloc, void *) =
            (lua_State * (*)(lua_Alloc, void *)) next("lua_newstate");
        return real ? real(allocf, ud) : NULL;
    }
    lua_State *L = new_watched(luajit, is_inner ? NULL : allocf, ud);
    return L ? L : luajit->api.lua_newstate(allocf, ud);
}

/* The function that is called for a state that is not watched. */
static void *next_or_known(const char *name, size_t offset_in_api)
{
    void *real = next(name);
    const struct ffisan_luajit *luajit = real ? NULL : ffisan_boot(NULL);
    if (luajit)
        memcpy(&real, (const char *)&luajit->api + offset_in_api, sizeof(real));
    return real;
}

static void forward(lua_State *L, const char *name, size_t offset_in_api)
{
    void (*real)(lua_State *) = (void (*)(lua_State *))next_or_known(name, offset_in_api);
    if (real)
        real(L);
}

FFISAN_EXPORT void luaL_openlibs(lua_State *L)
{
    struct ffisan_state *state = ffisan_state_find(L);
    if (!state) {
        forward(L, "luaL_openlibs", offsetof(struct ffisan_api, luaL_openlibs));
        return;
    }
    state->api->luaL_openlibs(L);
    ffisan_builtins_opened(state);
}

FFISAN_EXPORT void lua_close(lua_State *L)
{
    struct ffisan_state *state = ffisan_state_find(L);
    if (!state) {
        forward(L, "lua_close", offsetof(struct ffisan_api, lua_close));
        return;
    }
    const struct ffisan_api *api = state->api;
    ffisan_cycle_finish(state);
    api->lua_close(L); /* the last block that it frees ends the state */
}

/* A program that brought an allocator sees and exchanges its own, not ours (mirror.h). */
FFISAN_EXPORT lua_Alloc lua_getallocf(lua_State *L, void **ret_ud)
{
    const struct ffisan_state *state = ffisan_state_find(L);
    if (state && state->twin_allocf) {
        if (ret_ud)
            *ret_ud = state->twin_ud;
        return state->twin_allocf;
    }
    lua_Alloc (*real)(lua_State *, void **) =
        state ? state->api->lua_getallocf
              : (lua_Alloc(*)(lua_State *, void **))next_or_known(
                    "lua_getallocf", offsetof(struct ffisan_api, lua_getallocf));
    return real ? real(L, ret_ud) : NULL;
}

FFISAN_EXPORT void lua_setallocf(lua_State *L, lua_Alloc allocf, void *ud)
{
    struct ffisan_state *state = ffisan_state_find(L);
    if (state && state->twin_allocf) {
        state->twin_allocf = allocf;
        state->twin_ud = ud;
        return;
    }
    void (*real)(lua_State *, lua_Alloc, void *) =
        state ? state->api->lua_setallocf
              : (void (*)(lua_State *, lua_Alloc, void *))next_or_known(
                    "lua_setallocf", offsetof(struct ffisan_api, lua_setallocf));
    if (real)
        real(L, allocf, ud);
}

/* A program's functions of the same names come before ours, also when we ask. */
#define OWN(name)                                                                                  \
    extern __typeof__(name) own_##name __attribute__((alias(#name), visibility("hidden")));
OWN(lua_newstate)
OWN(luaL_newstate)
OWN(luaL_openlibs)
OWN(lua_close)
OWN(lua_getallocf)
OWN(lua_setallocf)
#undef OWN

void *ffisan_preload_own(const char *name, const void *found)
{
    static const struct {
        const char *name;
        size_t offset_in_api;
        void (*own)(void);
    } entries[] = {
#define OWN(name) {#name, offsetof(struct ffisan_api, name), (void (*)(void))own_##name},
        OWN(lua_newstate) OWN(luaL_newstate) OWN(luaL_openlibs) OWN(lua_close) OWN(lua_getallocf)
            OWN(lua_setallocf)
#undef OWN
    };
    for (size_t i = 0; ffisan_boot_has_attached() && i < sizeof(entries) / sizeof(entries[0]); i++)
        if (strcmp(entries[i].name, name) == 0)
            return ffisan_boot_knows(found, entries[i].offset_in_api) ? (void *)entries[i].own
                                                                      : NULL;
    return NULL;
}
