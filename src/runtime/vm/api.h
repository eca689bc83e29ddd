/* SPDX-License-Identifier: MIT */
/**
 * The public C API of one LuaJIT library, resolved by name: the runtime links against none, and a
 * process can hold several.  Declared here because a user's machine has no headers of LuaJIT.
 */
#ifndef FFISAN_VM_API_H
#define FFISAN_VM_API_H

#include <stdbool.h>
#include <stddef.h>

struct lua_State;
typedef struct lua_State lua_State;
typedef void *(*lua_Alloc)(void *ud, void *ptr, size_t osize, size_t nsize);
typedef int (*lua_CFunction)(lua_State *L);
struct lua_Debug;
typedef void (*lua_Hook)(lua_State *L, struct lua_Debug *ar);

#define LUA_REGISTRYINDEX (-10000)
#define LUA_GLOBALSINDEX (-10002)
#define lua_upvalueindex(i) (LUA_GLOBALSINDEX - (i))

enum {
    LUA_GCSTOP,
    LUA_GCRESTART,
    LUA_GCCOLLECT,
    LUA_GCCOUNT,
    LUA_GCCOUNTB,
    LUA_GCSTEP,
    LUA_GCSETPAUSE,
    LUA_GCSETSTEPMUL
};
enum { LUAJIT_MODE_ENGINE = 0, LUAJIT_MODE_OFF = 0, LUAJIT_MODE_ON = 0x100 };
enum { LUA_MASKLINE = 4, LUA_MASKCOUNT = 8 };
enum { LUA_TNIL = 0, LUA_TTABLE = 5, LUA_TFUNCTION = 6 };

/* FFISAN_API(return type, name, parameters) */
#define FFISAN_API_LIST                                                                            \
    FFISAN_API(lua_State *, lua_newstate, (lua_Alloc allocf, void *ud))                            \
    FFISAN_API(lua_State *, luaL_newstate, (void))                                                 \
    FFISAN_API(void, lua_close, (lua_State * L))                                                   \
    FFISAN_API(lua_Alloc, lua_getallocf, (lua_State * L, void **ret_ud))                           \
    FFISAN_API(void, lua_setallocf, (lua_State * L, lua_Alloc allocf, void *ud))                   \
    FFISAN_API(int, lua_gc, (lua_State * L, int what, int data))                                   \
    FFISAN_API(lua_CFunction, lua_atpanic, (lua_State * L, lua_CFunction panicf))                  \
    FFISAN_API(void, luaL_openlibs, (lua_State * L))                                               \
    FFISAN_API(int, luaL_loadbuffer,                                                               \
               (lua_State * L, const char *code, size_t size, const char *name))                   \
    FFISAN_API(int, luaL_loadfile, (lua_State * L, const char *path))                              \
    FFISAN_API(int, lua_pcall, (lua_State * L, int n_args, int n_results, int errfunc))            \
    FFISAN_API(int, lua_cpcall, (lua_State * L, lua_CFunction function, void *ud))                 \
    FFISAN_API(void, lua_call, (lua_State * L, int n_args, int n_results))                         \
    FFISAN_API(int, lua_error, (lua_State * L))                                                    \
    FFISAN_API(lua_State *, lua_newthread, (lua_State * L))                                        \
    FFISAN_API(int, lua_resume, (lua_State * L, int n_args))                                       \
    FFISAN_API(int, lua_gettop, (lua_State * L))                                                   \
    FFISAN_API(void, lua_settop, (lua_State * L, int index))                                       \
    FFISAN_API(void, lua_pushvalue, (lua_State * L, int index))                                    \
    FFISAN_API(void, lua_pushnil, (lua_State * L))                                                 \
    FFISAN_API(void, lua_pushlightuserdata, (lua_State * L, void *p))                              \
    FFISAN_API(void, lua_pushcclosure, (lua_State * L, lua_CFunction f, int n_upvalues))           \
    FFISAN_API(void, lua_pushstring, (lua_State * L, const char *string))                          \
    FFISAN_API(void, lua_createtable, (lua_State * L, int n_array, int n_hash))                    \
    FFISAN_API(void *, lua_newuserdata, (lua_State * L, size_t size))                              \
    FFISAN_API(int, lua_setmetatable, (lua_State * L, int index))                                  \
    FFISAN_API(void, lua_getfield, (lua_State * L, int index, const char *name))                   \
    FFISAN_API(void, lua_setfield, (lua_State * L, int index, const char *name))                   \
    FFISAN_API(void, lua_rawset, (lua_State * L, int index))                                       \
    FFISAN_API(void, lua_rawget, (lua_State * L, int index))                                       \
    FFISAN_API(int, lua_type, (lua_State * L, int index))                                          \
    FFISAN_API(void *, lua_touserdata, (lua_State * L, int index))                                 \
    FFISAN_API(const void *, lua_topointer, (lua_State * L, int index))                            \
    FFISAN_API(const char *, lua_tolstring, (lua_State * L, int index, size_t *ret_size))          \
    FFISAN_API(int, lua_checkstack, (lua_State * L, int n))                                        \
    FFISAN_API(int, lua_sethook, (lua_State * L, lua_Hook hook, int mask, int count))              \
    FFISAN_API(lua_Hook, lua_gethook, (lua_State * L))                                             \
    FFISAN_API(int, lua_gethookmask, (lua_State * L))                                              \
    FFISAN_API(int, luaJIT_setmode, (lua_State * L, int index, int mode))

struct ffisan_api {
    void *module; /**< base address of the library or program that holds LuaJIT */
#define FFISAN_API(type, name, parameters) type(*name) parameters;
    FFISAN_API_LIST
#undef FFISAN_API
};

/**
 * Fills in the API from the object that contains `address_in_luajit`, or from the first object in
 * the process that exports it (NULL).  Returns false when it is no LuaJIT, or a name is missing.
 */
bool ffisan_api_find(struct ffisan_api *api, const void *address_in_luajit);

#endif
