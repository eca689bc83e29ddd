/* SPDX-License-Identifier: MIT */
/* The name of a called function against what debug.getinfo(level, "n") says of it. */
#include "runtime/vm/funcname.h"
#include "runtime/vm/luastack.h"
#include "vm_state.h"

/* name(): what the caller of the caller calls it, as we read it; "" = nobody says. */
static int lua_name(lua_State *L)
{
    struct ffisan_luaframe frames[2];
    size_t n = ffisan_luastack_now(&vm, NULL, 0, frames, 2);
    const char *name = NULL;
    if (n == 2 && frames[0].called_by_lua && frames[1].proto && frames[1].pc)
        name = ffisan_funcname(frames[1].proto, frames[1].pc);
    api.lua_pushstring(L, name ? name : "");
    return 1;
}

/* qualified(): the same with what it was taken from. */
static int lua_qualified(lua_State *L)
{
    char data[128];
    struct ffisan_text text;
    struct ffisan_luaframe frames[2];
    ffisan_text_init(&text, data, sizeof(data));
    if (ffisan_luastack_now(&vm, NULL, 0, frames, 2) < 2 || !frames[1].pc ||
        !ffisan_funcname_add(frames[1].proto, frames[1].pc, &text))
        ffisan_text_add(&text, text.length ? "text without a name" : "none");
    api.lua_pushstring(L, data);
    return 1;
}

/* q() remembers. */
static const char *const qualified[][2] = {
    {"q()", "q"},
    {"local g = q\n g()", "g"},
    {"local t = {run = q}\n t.run()", "t.run"},
    {"local t = {run = q}\n t:run()", "t.run"},
    {"tab = {run = q}\n tab.run(1)", "tab.run"},
    {"local t = {a = {b = q}}\n t.a.b()", "a.b"},
    {"local u = {run = q}\n local function g() u.run(2) return 1 end\n g()", "u.run"},
    {"string.run = q\n local s = 'x' s:run()", "s.run"},
    {"string.run = q\n string.run(1, {}, 'x')", "string.run"},
    {"local t = {q}\n t[1]()", "none"},
    {"local function get() return {run = q} end\n get().run()", "run"},
};

static void test_qualified(void)
{
    vm_state_run("jit.off() function q() answer = qualified() return 1 end", "@q.lua");
    for (size_t i = 0; i < sizeof(qualified) / sizeof(qualified[0]); i++) {
        vm_state_run(qualified[i][0], "@app.lua");
        TAP_TEXT(vm_state_run("return answer", "@r"), qualified[i][1], qualified[i][0]);
    }
}

/* f() compares.  The third column: names that are none are not for a report. */
static const struct {
    const char *name, *code, *ours;
} calls[] = {
    {"a local", "local g = f\n g()", NULL},
    {"a global", "f()", NULL},
    {"a field", "local t = {run = f}\n t.run()", NULL},
    {"a field of a field", "local t = {a = {b = {c = f}}}\n t.a.b.c()", NULL},
    {"a method", "local t = {run = f}\n t:run(1, 2)", NULL},
    {"a method of a string", "string.run = f\n local s = 'x' s:run()", NULL},
    {"an upvalue", "local u = f\n local function g() u() return 1 end\n g()", NULL},
    {"an upvalue of an upvalue",
     "local u = f\n local function g() local function h() u() return 1 end h() return 1 end g()",
     NULL},
    {"a parameter", "local function g(callback, x) callback(x) return 1 end g(f, 1)", NULL},
    {"an element", "local t = {f}\n t[1]()", NULL},
    {"an element by a variable", "local t, i = {f}, 1\n t[i]()", NULL},
    {"an element by a name", "local t, k = {name = f}, 'name'\n t[k]()", NULL},
    {"a result", "local function get() return f end\n get()()", NULL},
    {"an expression", "local x = nil\n (x or f)()", NULL},
    {"a function in place", "(function() f() return 1 end)()", NULL},
    {"with many arguments", "local g = f\n g(1, {2}, 'x', g(), 3 + #arg)", NULL},
    {"with the arguments of another", "local g = f\n g(1, unpack{1, 2, 3})", NULL},
    {"with varargs", "local function h(...) local g = f g(...) return 1 end h(1, 2)", NULL},
    {"in an expression", "local g = f\n local x = 1 + (g() or 1) * 2", NULL},
    {"in a condition", "local g = f\n if g() then x = 1 end while g() do break end", NULL},
    {"in a table", "local g = f\n local t = {1, g(), x = f()}", NULL},
    {"in a return", "local function h() local g = f return (g()) end h()", NULL},
    {"as an iterator", "for k in f do break end", " INSTEAD OF (for generator)"},
    {"a local that hides another", "local g = 1 do local g = f g() end", NULL},
    {"a local in a loop", "for i = 1, 3 do local g = f g(i) end", NULL},
    {"a copy of a local", "local g = f\n local h = g\n h()", NULL},
    {"in a coroutine", "coroutine.wrap(function() local g = f g() return 1 end)()", NULL},
    {"by pcall", "pcall(f)", NULL},
    {"by a tail call", "local function g() return f() end\n g()\n f()", NULL},
    {"a chunk", "loadstring('f() return 1')()", NULL},
    {"a long way down",
     "local t = {}\n for i = 1, 50 do t[i] = {} end\n t.very_long_name_of_a_field = f\n"
     "if #t > 3 then t.very_long_name_of_a_field() end",
     NULL},
};

static const char prelude[] = //
    "n_calls, problem = 0, nil\n"
    "arg = {}\n"
    "function f()\n"
    "  local ours, theirs = name(), debug.getinfo(1, 'n').name or ''\n"
    "  n_calls = n_calls + 1\n"
    "  if ours ~= theirs then problem = problem or ours .. ' INSTEAD OF ' .. theirs end\n"
    "  return f2\n"
    "end\n";

int main(int argc, char **argv)
{
    if (!vm_state_open(argc, argv))
        return 77;
    vm_state_register("name", lua_name);
    for (int compiled = 0; compiled < 2; compiled++)
        for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
            char code[2048];
            vm_state_run(compiled ? "jit.on() jit.opt.start('hotloop=2')" : "jit.off()", "@switch");
            TAP_TEXT(vm_state_run(prelude, "@prelude.lua"), "no string", "the prelude runs");
            snprintf(code, sizeof(code), "for i = 1, %d do\n %s\n end", compiled ? 20 : 1,
                     calls[i].code);
            const char *result = vm_state_run(code, "@app.lua");
            if (strcmp(result, "no string") == 0)
                result =
                    vm_state_run("return problem or n_calls == 0 and 'no call' or 'same'", "@r");
            TAP_TEXT(result, calls[i].ours ? calls[i].ours : "same", calls[i].name);
        }
    vm_state_register("qualified", lua_qualified);
    test_qualified();
    api.lua_close(main_thread);
    return tap_done();
}
