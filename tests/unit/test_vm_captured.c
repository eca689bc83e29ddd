/* SPDX-License-Identifier: MIT */
/*
 * Cdata whose finalizers keep them alive.  lost() is called by Lua code and returns the ways to all
 * that are lost then, sorted; "none" without any.
 */
#include "runtime/vm/captured.h"

#include "vm_state.h"

enum { MAX_LOST = 8, MAX_PATH = 160 };

static struct ffisan_values awaiting, roots;
static uint64_t awaiting_values[4], root_values[4];
static uint32_t limit = 100000;

static void sort(char lost[][MAX_PATH], unsigned n)
{
    qsort(lost, n, MAX_PATH, (int (*)(const void *, const void *))strcmp);
}

static void add_all(struct ffisan_captured *captured, struct ffisan_text *out)
{
    char lost[MAX_LOST][MAX_PATH];
    unsigned n = 0;
    for (uint32_t i = 0; i < captured->finalizers.n && n < MAX_LOST; i++) {
        struct ffisan_text path;
        const struct ffisan_finalizer *one = &captured->finalizers.all[i];
        if (!ffisan_captured_is_lost(captured, one))
            continue;
        ffisan_text_init(&path, lost[n++], MAX_PATH);
        ffisan_captured_add_path(captured, one, &path);
    }
    sort(lost, n);
    for (unsigned i = 0; i < n; i++) {
        ffisan_text_add(out, i > 0 ? "; " : "");
        ffisan_text_add(out, lost[i]);
    }
    ffisan_text_add(out, n == 0 ? "none" : "");
}

static int lua_lost(lua_State *L)
{
    char data[MAX_LOST * MAX_PATH];
    struct ffisan_text out;
    struct ffisan_captured captured = {
        .vm = &vm, .limit = limit, .roots = roots, .awaiting = awaiting};
    ffisan_text_init(&out, data, sizeof(data));
    if (!ffisan_captured_begin(&captured))
        ffisan_text_add(&out, "no finalizer refers to anything");
    else if (!ffisan_captured_search(&captured))
        ffisan_text_add(&out, "not finished");
    else
        add_all(&captured, &out);
    ffisan_captured_fini(&captured);
    api.lua_pushstring(L, data);
    return 1;
}

static int lua_likely(lua_State *L)
{
    bool is_certain = true, is_likely = false;
    struct ffisan_captured captured = {.vm = &vm, .limit = limit};
    if (ffisan_captured_begin(&captured))
        is_likely = ffisan_captured_is_likely(&captured, &is_certain);
    ffisan_captured_fini(&captured);
    api.lua_pushstring(L, is_likely ? "likely" : is_certain ? "no" : "unknown");
    return 1;
}

static uint64_t first_argument(lua_State *L)
{
    return *(const uint64_t *)((const struct lj_thread *)L)->base;
}

static int lua_await(lua_State *L)
{
    awaiting_values[awaiting.n++] = first_argument(L);
    return 0;
}

static int lua_root(lua_State *L)
{
    root_values[roots.n++] = first_argument(L);
    return 0;
}

/* Runs code in a state of its own; what it returns is the answer. */
static const char *answer(const char *code)
{
    static char program[4096], result[MAX_LOST * MAX_PATH];
    roots = (struct ffisan_values){root_values, 0};
    awaiting = (struct ffisan_values){awaiting_values, 0};
    main_thread = api.lua_newstate(vm_state_alloc, NULL);
    vm.g = ((const struct lj_thread *)main_thread)->glref;
    api.luaL_openlibs(main_thread);
    vm_state_register("lost", lua_lost);
    vm_state_register("likely", lua_likely);
    vm_state_register("await", lua_await);
    vm_state_register("root", lua_root);
    int length = snprintf(program, sizeof(program),
                          "local ffi = require('ffi') "
                          "local function new() return ffi.new('int[4]') end "
                          "local function clear() local a, b, c, d, e, f, g, h end "
                          "local function call(f) f() clear() end "
                          "local function hold(p) ffi.gc(p, function() return p end) return p end "
                          "%s",
                          code);
    if (api.luaL_loadbuffer(main_thread, program, (size_t)length, "=t.lua") != 0 ||
        api.lua_pcall(main_thread, 0, 1, 0) != 0)
        printf("# %s\n", api.lua_tolstring(main_thread, -1, NULL));
    const char *text = api.lua_tolstring(main_thread, -1, NULL);
    snprintf(result, sizeof(result), "%s", text != NULL ? text : "nothing");
    api.lua_close(main_thread);
    return result;
}

#define ANSWER(...) answer(LUA(__VA_ARGS__))
#define HELD "finalizer (t.lua:1) → upvalue p"

static void test_not_held(void)
{
    TAP_TEXT(ANSWER(return lost()), "no finalizer refers to anything", "no finalizers");
    TAP_TEXT(ANSWER(local p = ffi.gc(new (), function() end) return lost()),
             "no finalizer refers to anything", "a function without upvalues");
    TAP_TEXT(ANSWER(call(function() ffi.gc(new (), function(p) return ffi.sizeof(p) end)
                             end) return lost()
                        ..' '..likely()),
             "none no", "one that does not refer to its object");
    TAP_TEXT(ANSWER(call(function() local other =
                             new () ffi.gc(new (), function() return other end) end) return lost()
                        ..' '..likely()),
             "none no", "one that refers to another object");
}

static void test_held(void)
{
    TAP_TEXT(ANSWER(call(function() hold(new ()) end) return lost()..' '..likely()), HELD " likely",
             "a finalizer that refers to its object");
    TAP_TEXT(ANSWER(call(function() local self = { list = {
                                                       1,
                                                       {p = new ()}
                                                   } } ffi.gc(
                             self.list[2].p, function() return self end) end) return lost()
                        ..' '..likely()),
             "finalizer (t.lua:1) → upvalue self.list[2].p likely", "through tables");
    TAP_TEXT(ANSWER(call(function() local p = new () local function close() return p end ffi.gc(
                             p, function() close() end) end) return lost()),
             "finalizer (t.lua:1) → upvalue close → upvalue p", "through a function");
    TAP_TEXT(ANSWER(call(function() local p = new () ffi.gc(
                             p, setmetatable({p = p}, {__call = type})) end) return lost()),
             "finalizer.p", "a table that is called");
    TAP_TEXT(ANSWER(call(function() local a, b = new (),
                         new () ffi.gc(a, function() return b end)
                             ffi.gc(b, function() return a end) end) return lost()),
             "finalizer (t.lua:1) → upvalue a → finalizer (t.lua:1) → upvalue b; "
             "finalizer (t.lua:1) → upvalue b → finalizer (t.lua:1) → upvalue a",
             "two that hold each other");
    TAP_TEXT(ANSWER(local weak = setmetatable({}, {__mode = 'v'})
                        call(function() weak[1] = hold(new ()) end) return lost()),
             HELD, "a weak table keeps nothing");
}

static void test_kept(void)
{
    TAP_TEXT(ANSWER(local p = hold(new ()) return lost()..' '..likely()), "none likely",
             "a variable has it");
    TAP_TEXT(ANSWER(kept =
                    {
                        {
                            hold(new ())
                        }
                    } return lost()),
             "none", "a global leads to it");
    TAP_TEXT(ANSWER(call(function() local p = hold(new ()) kept =
                             function() return p end end) return lost()),
             "none", "an upvalue has it");
    TAP_TEXT(ANSWER(kept = coroutine.wrap(function() local p = hold(new ()) coroutine.yield() end)
                               kept() clear() return lost()),
             "none", "a waiting coroutine has it");
    TAP_TEXT(ANSWER(call(function() kept = new () local p =
                             hold(new ()) ffi.gc(kept, function() return p end) end) return lost()),
             "none", "the finalizer of another object has it, and that is in use");
    TAP_TEXT(ANSWER(call(function() root({hold(new ())}) end) return lost()), "none",
             "a root has it that the VM does not know of");
}

static void test_awaited(void)
{
    TAP_TEXT(ANSWER(call(function() local u, p = newproxy(1 == 1),
                         hold(new ()) getmetatable(u).__gc =
                             function() return p end await(u) end) return lost()),
             "none", "a userdata leads to it that waits for its finalizer");
    TAP_TEXT(ANSWER(call(function() local p = hold(new ()) ffi.gc(new (), function() return p end)
                                                  end) return lost()),
             "none", "a cdata does");
    TAP_TEXT(ANSWER(call(function() local u, p = newproxy(1 == 1),
                         new () getmetatable(u).__gc = function() return p end ffi.gc(
                             p, function() return u, p end) await(u) end) return lost()),
             HELD, "a userdata that it holds itself will not have its turn");
}

static void test_limit(void)
{
    limit = 40;
    TAP_TEXT(ANSWER(call(function() hold(new ()) end) return lost()), "not finished",
             "beyond the limit nothing is said");
    limit = 100000;
    TAP_TEXT(ANSWER(local big = {} for i = 1, 2000 do big[i] = { i } end
                        ffi.gc(new(), function() return big end) return likely()),
             "unknown", "a look that was too short is not certain");
}

static void test_table(void)
{
    TAP_OK((vm.layout.finalizers == FFISAN_NO_OFFSET) !=
               (vm.layout.ctype_finalizers == FFISAN_NO_OFFSET),
           "the table of finalizers is found, in one place");
    api.luaL_loadbuffer(main_thread, "require('ffi')", 14, "=t.lua");
    api.lua_pcall(main_thread, 0, 0, 0);
    TAP_OK(ffisan_finalizers_table(&vm) != NULL, "and is there when the library is loaded");
    api.lua_close(main_thread);
}

int main(int argc, char **argv)
{
    if (!vm_state_open(argc, argv))
        return 77;
    test_table();
    test_not_held();
    test_held();
    test_kept();
    test_awaited();
    test_limit();
    return tap_done();
}
