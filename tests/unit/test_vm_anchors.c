/* SPDX-License-Identifier: MIT */
/*
 * Paths from the roots, in states where Lua code has put objects where we know them to be.
 * watch(name, object) remembers an object's address without keeping it alive; where(name) is the
 * path to it while the code that calls it runs.
 */
#include "runtime/vm/anchors.h"
#include "runtime/vm/api.h"
#include "tap.h"
#include "vm_library.h"

#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#define LUA(...) #__VA_ARGS__

enum { MAX_WATCHED = 64 };

static struct ffisan_api api;
static struct ffisan_vm vm;
static struct {
    char name[24];
    uint64_t object;
} watched[MAX_WATCHED];
static unsigned n_watched;
static char path_buffer[1024];

static const char *path_to(uint64_t object, size_t limit)
{
    struct ffisan_text out;
    ffisan_text_init(&out, path_buffer, sizeof(path_buffer));
    bool is_found = ffisan_anchors_path(&vm, object, limit, &out);
    if (!is_found && out.length != 0)
        return "text although there is no path";
    return is_found ? path_buffer : "none";
}

static uint64_t watched_object(const char *name)
{
    for (unsigned i = 0; i < n_watched; i++)
        if (strcmp(watched[i].name, name) == 0)
            return watched[i].object;
    return 0;
}

static int lua_watch(lua_State *L)
{
    const uint64_t *base = (const void *)((const struct lj_thread *)L)->base;
    snprintf(watched[n_watched].name, sizeof(watched[0].name), "%s", api.lua_tolstring(L, 1, NULL));
    watched[n_watched++].object = lj_tv_object(base[1]);
    uint64_t *slot = (uint64_t *)base + 1;
    *slot = UINT64_MAX; /* our argument is no anchor */
    return 0;
}

static int lua_where(lua_State *L)
{
    uint64_t object = watched_object(api.lua_tolstring(L, 1, NULL));
    api.lua_pushstring(L, path_to(object, 0));
    return 1;
}

static lua_State *open_state(void)
{
    lua_State *L = api.luaL_newstate();
    vm.g = ((const struct lj_thread *)L)->glref;
    n_watched = 0;
    api.luaL_openlibs(L);
    api.lua_pushcclosure(L, lua_watch, 0);
    api.lua_setfield(L, LUA_GLOBALSINDEX, "watch");
    api.lua_pushcclosure(L, lua_where, 0);
    api.lua_setfield(L, LUA_GLOBALSINDEX, "where");
    return L;
}

/* Runs code that returns a string. */
static const char *run(lua_State *L, const char *code)
{
    static char result[1024];
    const char *text = "no string";
    api.lua_settop(L, 0);
    if (api.luaL_loadbuffer(L, code, strlen(code), "@app.lua") != 0 ||
        api.lua_pcall(L, 0, 1, 0) != 0 || api.lua_type(L, -1) == 4)
        text = api.lua_tolstring(L, -1, NULL);
    snprintf(result, sizeof(result), "%s", text != NULL ? text : "no string");
    api.lua_settop(L, 0);
    return result;
}

static const struct {
    const char *what, *code, *want;
} samples[] = {
    {"a module's upvalue", LUA(
        package.preload.mod = function()
            local buf = {}
            watch('buf', buf)
            return {run = function() return buf, where('buf') end}
        end
        local m = require 'mod'
        return (select(2, m.run()))),
     "package.loaded.mod.run → upvalue buf"},
    {"a cdata in a module", LUA(
        local m = {
    list = { 1, 2, {deep = require('ffi').new('int[2]')} }}
        watch('x', m.list[3].deep)
        package.loaded['resty.core.base'] = m
        m = nil
        return where 'x'),
     "package.loaded[\"resty.core.base\"].list[3].deep"},
    {"a global", LUA(queue = {{}, {}, {buf = {}}}; watch('x', queue[3].buf); return where 'x'),
     "_G.queue[3].buf"},
    {"a global function's upvalue", LUA(
        do local s = {}; watch('x', s); function handler() return s end end
        return where 'x'), "_G.handler → upvalue s"},
    {"the globals, found in package.loaded too", LUA(watch('x', _G); return where 'x'), "_G"},
    {"package.loaded", LUA(watch('x', package.loaded); return where 'x'), "package.loaded"},
    {"a metatable", LUA(
        obj = setmetatable({}, {__index = {data = {}}})
        watch('x', getmetatable(obj).__index.data)
        return where 'x'), "_G.obj → metatable.__index.data"},
    {"metatable of strings", LUA(
        getmetatable('').hidden = {}
        watch('x', getmetatable('').hidden)
        return where 'x'), "metatable of strings.hidden"},
    {"keys of every kind", LUA(
        t = {
    [1.5] = { [true] = {['a b"c'] = {[-7] = {['1x'] = {}}}} }}
        watch('x', t[1.5][true]['a b"c'][-7]['1x'])
        return where 'x'), "_G.t[1.5][true][\"a b\\\"c\"][-7][\"1x\"]"},
    {"an object as a key", LUA(
        local k = {}
        watch('x', k)
        keyed = {[k] = 1}
        k = nil
        return where 'x'), "_G.keyed → key"},
    {"an upvalue's fields", LUA(
        do local s = {a = {{}}}; watch('x', s.a[1]); function f() return s end end
        return where 'x'), "_G.f → upvalue s.a[1]"},
    {"a local", LUA(
        local function run()
            local buf = {}
            watch('x', buf)
            local r = where 'x'
            return r, buf
        end
        local r = run()
        return r), "local buf of run (app.lua:1)"},
    {"a local's field in the main chunk", LUA(
        local s = {
    items = { 1, {} }}
        watch('x', s.items[2])
        local r = where 'x'
        return r), "local s.items[2] of main chunk (app.lua:1)"},
    {"a parameter of a method", LUA(
        local o = {}
        function o:handle(req) watch('x', req); local r = where 'x'; return r end
        local r = o:handle({})
        return r), "local req of handle (app.lua:1)"},
    {"varargs", LUA(
        local function v(...) watch('x', (...)); local r = where 'x'; return r end
        local r = v({})
        return r), "... of v (app.lua:1)"},
    {"a running function's constant", LUA(
        local function f()
            watch('x', 'a constant nobody else has')
            local r = where 'x'
            return r
        end
        local r = f()
        return r), "local f of main chunk (app.lua:1) → constant"},
    {"a coroutine that waits, in a global", LUA(
        co = coroutine.create(function()
            local s = {}
            watch('x', s)
            coroutine.yield()
            return s
        end)
        coroutine.resume(co)
        return where 'x'), "_G.co → local s of a function (app.lua:1)"},
    {"the coroutine that runs", LUA(
        local r
        coroutine.wrap(function() local s = {}; watch('x', s); r = where 'x' end)()
        return r), "coroutine (app.lua:1) → local s"},
    {"a function called in the coroutine that runs", LUA(
        local r
        local function inner() local s = {}; watch('x', s); r = where 'x'; return s end
        coroutine.wrap(function() local t = inner() end)()
        return r), "coroutine (app.lua:1) → local s of inner (app.lua:1)"},
    {"a coroutine not yet started", LUA(
        do local s = {}; watch('x', s); co = coroutine.create(function() return s end) end
        return where 'x'), "_G.co → stack → upvalue s"},
    {"a weak value is no anchor", LUA(
        local t = {}
        watch('x', t)
        weak = setmetatable({t}, {__mode = 'v'})
        t = nil
        return where 'x'), "none"},
    {"a weak key is no anchor", LUA(
        local t = {}
        watch('x', t)
        weak = setmetatable({[t] = 1}, {__mode = 'k'})
        t = nil
        return where 'x'), "none"},
    {"the value of a weak key is anchored", LUA(
        local t, k = {}, {}
        watch('x', t)
        weak = setmetatable({[k] = t}, {__mode = 'k'})
        t = nil
        return where 'x'), "_G.weak[table]"},
    {"a finalizer anchors no cdata", LUA(
        local ffi = require 'ffi'
        local p = ffi.gc(ffi.new('int[1]'), function() end)
        watch('x', p)
        p = nil
        return where 'x'), "none"},
    {"a userdata's environment", LUA(
        ud = newproxy(true)
        debug.setfenv(ud, {keep = {}})
        watch('x', debug.getfenv(ud).keep)
        return where 'x'), "_G.ud → environment.keep"},
    {"a literal in the code", LUA(
        do local f = function() return 12345678901LL end; watch('x', f()); literal = f end
        return where 'x'), "_G.literal → constant"},
    {"the inner function's literal", LUA(
        function outer() return function() return 98765432109LL end end
        watch('x', outer()())
        return where 'x'), "_G.outer → inner function (app.lua:1) → constant"},
    {"the registry", LUA(
        debug.getregistry()[5] = {
    handlers = { 0, {} }}
        watch('x', debug.getregistry()[5].handlers[2])
        return where 'x'), "registry[5].handlers[2]"},
    {"the loop's table", LUA(
        local r
        for k, v in pairs({x = {}}) do watch('x', v); v = nil; r = where 'x' end
        return r), "loop state of main chunk (app.lua:1) → .x"},
    {"two ways: the shorter", LUA(
        long = {
    a = { b = {} }}
        watch('x', long.a.b)
        zshort = {
    c = long.a.b}
        return where 'x'), "_G.zshort.c"},
    {"two ways: package.loaded", LUA(
        aaa = {
    t = {}}
        watch('x', aaa.t)
        package.loaded.zzz = {
    u = aaa.t}
        return where 'x'), "package.loaded.zzz.u"},
    {"two ways: the smaller name, from the root", LUA(
        m1 = {
    z = {}}
        watch('x', m1.z)
        m2 = {a = m1.z}
        m0 = {
    zz = m1.z, zy = m1.z}
        return where 'x'), "_G.m0.zy"},
    {"two ways: numbers in order", LUA(
        n = {
    {
    }}
        watch('x', n[1])
        for i = 2, 50 do n[i] = n[1] end
        n[1] = nil
        return where 'x'), "_G.n[2]"},
    {"a string", LUA(
        holder = {s = ('x'):rep(100)}
        watch('x', holder.s)
        return where 'x'), "_G.holder.s"},
    {"an object in a pcall", LUA(
        local r
        pcall(function(a) watch('x', a); r = where 'x' end, {})
        return r), "local a of a function (app.lua:1)"},
    {"a local below a callback from C", LUA(
        local r
        local function outer()
            local keep = {}
            watch('x', keep)
            table.sort({2, 1}, function(a, b) r = where 'x'; return a < b end)
            return keep
        end
        outer()
        return r), "local keep of outer (app.lua:1)"},
    {"a local while a metamethod runs", LUA(
        local r
        local function outer()
            local keep = {}
            watch('x', keep)
            local o = setmetatable({}, {
    __add = function(a, b) r = where 'x';
    return 1 end})
            local n = o + o
            return keep
        end
        outer()
        return r), "local keep of outer (app.lua:1)"},
    {"an argument of a C function", LUA(
        local r
        pcall(string.gsub, 'a', 'a', function() local t = {}; watch('x', t); r = where 'x' end)
        return r), "local t of a function (app.lua:1)"},
    {"a long chain", LUA(
        local t = {}
        watch('x', t)
        for i = 1, 200 do t = {n = t} end
        chain = t
        t = nil
        return (where('x'):gsub('%.n%.n[%.n]*', '.n*'))),
     "_G.chain.n* → (154 more) → .n*"},
    {"a temporary value", LUA(
        local function id(t) watch('x', t); return t end
        local function run(a, b) return b end
        local r = run(id({}), where 'x')
        return r), "temporary value of main chunk (app.lua:1)"},
    {"an upvalue of a function that only runs", LUA(
        local r
        (function()
            local s = {}
            watch('x', s)
            return (function() r = where 'x'; return s end)()
        end)()
        return r), "a function, running (app.lua:1) → upvalue s"},
    {"an unknown object", LUA(return where 'nobody'), "none"},
};

static void test_samples(void)
{
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        lua_State *L = open_state();
        TAP_TEXT(run(L, samples[i].code), samples[i].want, samples[i].what);
        api.lua_close(L);
    }
}

/* A finalizer runs between two bytecodes of a Lua function: its locals still have names. */
static char finalizer_path[1024];

static int on_collect(lua_State *L)
{
    (void)L;
    snprintf(finalizer_path, sizeof(finalizer_path), "%s", path_to(watched_object("x"), 0));
    return 0;
}

static void test_finalizer(void)
{
    lua_State *L = open_state();
    api.lua_pushcclosure(L, on_collect, 0);
    api.lua_setfield(L, LUA_GLOBALSINDEX, "on_collect");
    run(L, LUA(
        local function work()
            local keep = {}
            watch('x', keep)
            do local p = newproxy(true); getmetatable(p).__gc = on_collect; p = 0 end
            local t
            for i = 1, 20000 do t = {i} end
            return keep
        end
        jit.off()
        local k = work()));
    TAP_TEXT(finalizer_path, "local keep of work (app.lua:1)", "a local, seen from a finalizer");
    api.lua_close(L);
}

static void test_compiled_code(void)
{
    lua_State *L = open_state();
    const char *got = run(L, LUA(
        local ffi = require 'ffi'
        do
            local p = ffi.new('int[4]')
            watch('x', p)
            function hot() local s = 0; for i = 1, 500 do s = s + p[i % 4] end; return s end
        end
        for i = 1, 100 do hot() end
        debug.setupvalue(hot, 1, nil)
        return where 'x'));
    TAP_TEXT(got, "_G.hot → compiled code → constant", "a constant of compiled code");
    api.lua_close(L);
}

static void test_limit(void)
{
    lua_State *L = open_state();
    run(L, LUA(big = {}; for i = 1, 2000 do big[i] = {
        {
        }} end; watch('x', big[2000][1])));
    uint64_t object = watched_object("x");
    TAP_TEXT(path_to(object, 1000), "none", "not found within too small a limit");
    TAP_TEXT(path_to(object, 5000), "_G.big[2000][1]", "found within the limit");
    struct ffisan_text small;
    char buffer[8];
    ffisan_text_init(&small, buffer, sizeof(buffer));
    TAP_OK(ffisan_anchors_path(&vm, object, 0, &small) && small.truncated,
           "a small buffer is not overrun");
    api.lua_close(L);
}

static void test_damage(void)
{
    lua_State *L = open_state();
    run(L, LUA(keep = {}; watch('x', keep); watch('t', {{}}); t = {{}}; watch('t', t)));
    struct lj_tab *tab = (struct lj_tab *)watched[2].object;
    uint64_t *array = (uint64_t *)tab->array, old = array[1];
    array[1] = (~(uint64_t)LJ_GCT_FUNC << 47) | lj_tv_object(old); /* a table called a function */
    TAP_TEXT(path_to(watched_object("x"), 0), "_G.keep", "a wrong tag is passed over");
    array[1] = old;
    api.lua_close(L);
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void test_speed(void)
{
    lua_State *L = open_state();
    run(L, LUA(
        collectgarbage('stop')
        local mt = {}
        forest = {}
        for i = 1, 1000 do
            local t = {}
            for j = 1, 900 do t['k' .. j] = setmetatable({j}, mt) end
            forest[i] = t
        end
        local f = forest[1000]
        f.last = {
        deep = {}}
        watch('x', f.last.deep)));
    double start = seconds();
    const char *path = path_to(watched_object("x"), 0);
    printf("# 900,000 tables: %.0f ms\n", (seconds() - start) * 1000);
    TAP_TEXT(path, "_G.forest[1000].last.deep", "found among 900,000 tables");
    TAP_OK(seconds() - start < 3, "in reasonable time");
    api.lua_close(L);
}

static void test_memory_is_returned(void)
{
    lua_State *L = open_state();
    run(L, LUA(x = {}; watch('x', x)));
    uint64_t object = watched_object("x");
    struct rlimit old, tight;
    getrlimit(RLIMIT_AS, &old);
    for (unsigned i = 0; i < 2000; i++)
        path_to(object, 0);
    TAP_TEXT(path_to(object, 0), "_G.x", "after thousands of searches");
    tight = old;
    tight.rlim_cur = 4096;
    setrlimit(RLIMIT_AS, &tight);
    const char *path = path_to(object, 0);
    setrlimit(RLIMIT_AS, &old);
    TAP_TEXT(path, "none", "without memory there is no path, and no crash");
    api.lua_close(L);
}

int main(int argc, char **argv)
{
    if (!vm_library_open(&api, argc, argv))
        return 0;
    TAP_TEXT(ffisan_layout_probe(&api, &vm.layout), NULL, "the layout is known");
    test_samples();
    test_finalizer();
    test_compiled_code();
    test_limit();
    test_damage();
    test_speed();
    test_memory_is_returned();
    return tap_done();
}
