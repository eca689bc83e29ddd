/* SPDX-License-Identifier: MIT */
/*
 * Finalizers that are C functions: where they have interrupted Lua code, and what they finalise,
 * told from the frame on top against what a walk tells.
 */
#include "runtime/vm/cstack.h"
#include "runtime/vm/luacall.h"
#include "vm_state.h"

static unsigned n_finalized, n_quick;
static const char *finalized_wrongly;

/* A C function as finalizer: what takes no walk to tell is what the walk tells. */
static int lua_finalized(lua_State *L)
{
    (void)L;
    struct ffisan_luacall call;
    const struct lj_header *object = NULL;
    uint64_t walked = ffisan_luacall_pc(&vm), quick = 0;
    if (!ffisan_luacall_find(&vm, &call) || call.return_pc)
        return 0;
    quick = ffisan_luacall_interrupted(&call);
    object = ffisan_luacall_argument(&call);
    n_finalized++;
    n_quick += quick != 0;
    if (quick && quick != walked)
        finalized_wrongly = "another position";
    else if (!object || object != ffisan_luacall_finalized(&vm))
        finalized_wrongly = "another object";
    return 0;
}

/* Places where the collector may step, in Lua code and in built-in functions that it calls. */
static const char *const interruptions[] = {
    "local t = {} t[1] = {}",
    "local s = ('x'):rep(n)",
    "local c = ffi.new('int[4]')",
    "local c = T() c = c + c c = c.field",
    "pcall(function() local t = {} end)",
    "coroutine.wrap(function() local t = {} local f = function() return n, t end end)()",
    "local f = loadstring('return {...}') f(1, n)",
    "local function g(...) return {...} end g(1, 2)",
    "table.sort({3, 2, 1}, function(a, b) local t = {} return a < b end)",
    "collectgarbage('step')",
};

static void test_interruptions(void)
{
    vm_state_run("jit.off() collectgarbage() collectgarbage('restart')", "@switch.lua");
    for (size_t i = 0; i < sizeof(interruptions) / sizeof(interruptions[0]); i++) {
        char code[1024];
        n_finalized = n_quick = 0;
        finalized_wrongly = "nothing else";
        snprintf(
            code, sizeof(code),
            "local ffi = require 'ffi'\n local T = ffi.metatype('struct { int x; }', "
            "{__index = function(t, k) return {} end, __add = function(a) return {} and a end})\n"
            "for n = 1, 3000 do\n getmetatable(newproxy(true)).__gc = finalized\n %s end\n"
            "collectgarbage()",
            interruptions[i]);
        const char *result = vm_state_run(code, "@app.lua");
        TAP_TEXT(strcmp(result, "no string") ? result : finalized_wrongly, "nothing else",
                 interruptions[i]);
        TAP_OK(n_finalized > 1000 && n_quick >= n_finalized / 2, "nearly always without a walk");
    }
}

int main(int argc, char **argv)
{
    if (!vm_state_open(argc, argv))
        return 77;
    ffisan_cstack_prepare((uintptr_t)api.lua_newstate);
    vm_state_register("finalized", lua_finalized);
    test_interruptions();
    api.lua_close(main_thread);
    return tap_done();
}
