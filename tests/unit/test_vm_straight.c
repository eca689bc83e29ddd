/* SPDX-License-Identifier: MIT */
/*
 * Which lines give up nothing?  Each program is compiled by the LuaJIT under test; the question is
 * asked for what lies between the starts of two of its lines.
 */
#include "runtime/vm/straight.h"

#include "runtime/vm/proto.h"
#include "vm_state.h"

static uint32_t start_of_line(const struct lj_proto *proto, int line)
{
    for (uint32_t pc = 1; pc < proto->sizebc; pc++)
        if (ffisan_proto_line(proto, pc) == line)
            return pc;
    return 0;
}

static bool gives_up_nothing(const char *code, int from_line, int to_line)
{
    lua_State *L = main_thread;
    api.lua_settop(L, 0);
    if (api.luaL_loadbuffer(L, code, strlen(code), "@straight.lua") != 0) {
        printf("# %s\n", api.lua_tolstring(L, -1, NULL));
        exit(1);
    }
    const struct lj_func *function = api.lua_topointer(L, -1);
    const struct lj_proto *proto = (const struct lj_proto *)function->pc - 1;
    uint32_t from = start_of_line(proto, from_line), to = start_of_line(proto, to_line);
    if (from == 0 || to <= from)
        printf("# %s: no code from line %d to %d\n", code, from_line, to_line);
    return ffisan_straight_gives_up_nothing(proto, from, to);
}

static void test_what_modules_do_while_they_load(void)
{
    TAP_OK(gives_up_nothing("local a = 1\nlocal b = 'x'\nreturn a, b", 1, 2), "constants");
    TAP_OK(gives_up_nothing("local a = string\nlocal b = a.rep\nreturn b", 1, 3), "what is read");
    TAP_OK(gives_up_nothing("local function f() end\nlocal g = f\nreturn g", 1, 3), "functions");
    TAP_OK(gives_up_nothing("local m = {}\nfunction m.f() end\nreturn m", 1, 3), "definitions");
    TAP_OK(gives_up_nothing("function a_global() end\nreturn 1", 1, 2), "a global function");
    TAP_OK(gives_up_nothing("local v = ...\nlocal t = {v, x = v}\nreturn t", 2, 3), "a new table");
    TAP_OK(gives_up_nothing("local a = 1\nlocal b = 2\nlocal c = 3\nreturn a + b + c", 1, 4),
           "several lines");
}

static void test_what_gives_up_something(void)
{
    TAP_OK(!gives_up_nothing("local a = {}\na = nil\nreturn a", 2, 3), "a variable is overwritten");
    TAP_OK(!gives_up_nothing("local a, b = {}, {}\na = b\nreturn a", 2, 3), "by another");
    TAP_OK(!gives_up_nothing("local t = {{}}\nt.x = nil\nreturn t", 2, 3),
           "a field is overwritten");
    TAP_OK(!gives_up_nothing("local t, f = ...\nt.x = f\nreturn t", 2, 3), "by what is not new");
    TAP_OK(!gives_up_nothing("local t = ...\nt[1] = function() end\nreturn t", 2, 3),
           "an element, which may have been set before");
    TAP_OK(!gives_up_nothing("local f = ...\nf()\nreturn f", 2, 3), "a call");
    TAP_OK(!gives_up_nothing("local f = ...\nlocal x = f()\nreturn x", 2, 3), "a call for a value");
    TAP_OK(!gives_up_nothing("local a = ...\nlocal b = a .. a\nreturn b", 2, 3),
           "an operator, which may be a function");
    TAP_OK(!gives_up_nothing("do\n local a = {}\n local c = a\nend\nlocal b = 1\nreturn b", 3, 6),
           "a variable goes out of scope");
    TAP_OK(!gives_up_nothing("local c = ...\nif c then\n c = 1\nend\nreturn c", 2, 5), "a branch");
    TAP_OK(!gives_up_nothing("local c = ...\nfor i = 1, 3 do\n c = i\nend\nreturn c", 2, 5),
           "a loop");
    TAP_OK(
        !gives_up_nothing("local u = {}\nlocal function f()\n u = nil\nend\nu = 1\nreturn f", 5, 6),
        "a variable that a function has");
}

static void test_what_is_not_known(void)
{
    static char long_code[8192] = "local a = 1\n";
    for (unsigned i = 0; i < 60; i++)
        strcat(long_code, "local _ = a\n");
    strcat(long_code, "return a");
    TAP_OK(gives_up_nothing(long_code, 2, 3), "a line of a long function");
    TAP_OK(!gives_up_nothing(long_code, 1, 62), "more than is looked at");
    lua_State *L = main_thread;
    TAP_TEXT(vm_state_run("stripped = string.dump(loadstring('local a = 1\\nlocal b = 2\\n"
                          "return b'), true) return 'made'",
                          "@dump"),
             "made", "a function without debug information");
    api.lua_getfield(L, LUA_GLOBALSINDEX, "stripped");
    size_t size;
    const char *code = api.lua_tolstring(L, -1, &size);
    if (api.luaL_loadbuffer(L, code, size, "stripped") != 0)
        exit(1);
    const struct lj_func *function = api.lua_topointer(L, -1);
    const struct lj_proto *proto = (const struct lj_proto *)function->pc - 1;
    TAP_OK(!ffisan_straight_gives_up_nothing(proto, 1, 2), "of which nothing is known");
}

int main(int argc, char **argv)
{
    if (!vm_state_open(argc, argv))
        return 0;
    test_what_modules_do_while_they_load();
    test_what_gives_up_something();
    test_what_is_not_known();
    return tap_done();
}
