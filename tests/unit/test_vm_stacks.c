/* SPDX-License-Identifier: MIT */
/* The store of stacks: one number for each stack, whatever becomes of the code; a store that is full. */
#include "runtime/report/stacks.h"

#include "runtime/heap/heap.h"
#include "runtime/vm/cstack.h"
#include "vm_state.h"

static struct ffisan_heap heap;
static struct ffisan_stacks *stacks;
static uint32_t last_number, last_visits;

static void *heap_alloc(void *ud, void *block, size_t old_size, size_t size)
{
    (void)ud;
    struct ffisan_slot_ref ref;
    void *fresh = NULL;
    if (size) {
        fresh = ffisan_heap_alloc(&heap, size, 0, &ref);
        if (fresh && block)
            memcpy(fresh, block, size < old_size ? size : old_size);
    }
    if (block && (fresh || !size))
        ffisan_heap_kill(&heap, block, old_size);
    return fresh;
}

static void open_state(void)
{
    ffisan_heap_init(&heap, 0);
    main_thread = api.lua_newstate(heap_alloc, NULL);
    vm.g = ((const struct lj_thread *)main_thread)->glref;
    api.luaL_openlibs(main_thread);
}

static const char *frames_of(uint32_t number)
{
    static char text[1024];
    struct ffisan_stack stack = ffisan_stacks_get(stacks, number);
    size_t length = 0;
    text[0] = '\0';
    for (size_t i = 0; i < stack.n_frames; i++)
        length +=
            (size_t)snprintf(text + length, sizeof(text) - length, "%s%s:%d %s", i ? ", " : "",
                             stack.frames[i].file, stack.frames[i].line, stack.frames[i].function);
    return text;
}

/* here(): the number of the stack. */
static int lua_here(lua_State *L)
{
    char number[16];
    last_number = ffisan_stacks_here(stacks, &vm, 0, &last_visits);
    snprintf(number, sizeof(number), "%u", last_number);
    api.lua_pushstring(L, number);
    return 1;
}

/* frames(number) */
static int lua_frames(lua_State *L)
{
    api.lua_pushstring(L, frames_of((uint32_t)atoi(api.lua_tolstring(L, 1, NULL))));
    return 1;
}

/* collect(): what the runtime does at the end of a cycle. */
static int lua_collect(lua_State *L)
{
    api.lua_gc(L, LUA_GCCOLLECT, 0);
    api.lua_gc(L, LUA_GCCOLLECT, 0);
    ffisan_stacks_forget_dead_code(stacks, &heap);
    ffisan_heap_release(&heap);
    ffisan_heap_release(&heap);
    return 0;
}

static const char *run(const char *code)
{
    return vm_state_run(code, "@app.lua");
}

static void test_numbers(void)
{
    TAP_TEXT(run("local a, b\n for i = 1, 2 do\n a, b = b, here()\n end\n return tostring(a == b)"),
             "true", "the same stack has one number");
    TAP_OK(last_visits == 2, "whose visits are counted");
    TAP_TEXT(frames_of(last_number), "app.lua:3 main chunk", "its frame is known");
    TAP_OK(ffisan_stacks_visit(stacks, last_number) == 3 && ffisan_stacks_visit(stacks, 0) == 0,
           "visits can be counted by number");
    TAP_TEXT(run("local a = here() local b = here() return tostring(a == b)"), "false",
             "two places of a line are two stacks");
    TAP_TEXT(run("local function f() return (here()) end\n local a = f()\n local b = f()\n"
                 "return tostring(a == b)"),
             "false", "two callers are two stacks");
    TAP_TEXT(frames_of(last_number), "app.lua:1 f, app.lua:3 main chunk", "callers are named");
    TAP_TEXT(run("local t = {}\n function t.deep(n)\n if n == 0 then return (here()) end\n"
                 "local x = t.deep(n - 1)\n return x end\n local a, b = t.deep(20), t.deep(30)\n"
                 "return tostring(a == b) .. frames(a)"),
             "trueapp.lua:3 deep, app.lua:4 deep, app.lua:4 deep, app.lua:4 <app.lua:2>",
             "beyond the depth stacks are the same");
    TAP_TEXT(run("return coroutine.wrap(function()\n return frames((here())) end)()"),
             "app.lua:2 <app.lua:1>", "a coroutine has its own");
    TAP_TEXT(
        run("local function g() return (here()) end local function f() local n = g() return n end\n"
            "local a = f()\n local b = f()\n local c\n for i = 1, 2 do\n c = f() end\n"
            "return tostring(a ~= b and b ~= c and a ~= c) .. frames(a) .. frames(c)"),
        "trueapp.lua:1 g, app.lua:1 f, app.lua:2 main chunk"
        "app.lua:1 g, app.lua:1 f, app.lua:6 main chunk",
        "however far out they differ");
    TAP_TEXT(frames_of(0), "", "number 0 is unknown");
    TAP_TEXT(frames_of(4000000), "", "numbers that were never given, too");
    TAP_OK(ffisan_stacks_count(stacks).n_stacks == 10 && ffisan_stacks_count(stacks).n_unknown == 0,
           "stacks are counted");
}

/* Chunks whose line tells them apart come and go; addresses are used again. */
static void test_dead_code(void)
{
    TAP_TEXT(
        run("local kept = loadstring(('\\n'):rep(998) .. 'return frames((here()))', '@kept.lua')\n"
            "for i = 1, 200 do\n"
            "  local f = loadstring(('\\n'):rep(i) .. 'return frames((here()))', '@dies.lua')\n"
            "  local got, want = f(), 'dies.lua:' .. i + 1 .. ' main chunk'\n"
            "  if got:sub(1, #want) ~= want then return got .. ' INSTEAD OF ' .. want end\n"
            "  f = nil collect()\n"
            "  if not kept():find('^kept.lua:999 ') then return 'kept is lost' end\n"
            "end return 'good'"),
        "good", "new code at the address of old code has a number of its own");
    /* Large blocks take the first hole, so that the next one lies where the last one lay. */
    TAP_TEXT(run("local body = ('x = 1 '):rep(9000) .. 'return (here())'\n"
                 "for i = 1, 40 do\n"
                 "  local f = loadstring(('\\n'):rep(i) .. body, '@dies.lua')\n"
                 "  local got, want = frames(f()), 'dies.lua:' .. i + 1 .. ' main chunk'\n"
                 "  if got:sub(1, #want) ~= want then return got .. ' INSTEAD OF ' .. want end\n"
                 "  f = nil collect()\n"
                 "end return 'good'"),
             "good", "large code, too");
    TAP_TEXT(
        run("local a = here()\n local s = frames(a) collect()\n return tostring(s == frames(a))"),
        "true", "frames stay when code is gone");
    TAP_TEXT(run("local function f() return (here()) end\n local function g() local x = f() return "
                 "x end\n"
                 "local a = g() collect()\n local b = g()\n return tostring(a == b)"),
             "false", "the caller counts as well");
    TAP_TEXT(run("local function f() return (here()) end\n local a, b\n for i = 1, 2 do\n"
                 "a, b = b, f() collect() end\n return tostring(a == b)"),
             "true", "code that lives keeps its numbers");
}

static void test_full(void)
{
    const char *result =
        run("local function calls(name, n)\n"
            "  local t = {}\n"
            "  for i = 1, n do t[i] = 'local x = ' .. name .. '(...) if x then return x end' end\n"
            "  return loadstring(table.concat(t, '\\n'), '@' .. name .. '.lua')\n"
            "end\n"
            "local n, unknown, first = 0, 0, nil\n"
            "function look() local x = here() first = first or x n = n + 1\n"
            "  if x == '0' then unknown = unknown + 1 end end\n"
            "a = calls('look', 60) b = calls('a', 60) c = calls('b', 60) c()\n"
            "return n .. ' ' .. tostring(unknown > 0) .. ' ' .. frames(first)");
    TAP_TEXT(
        result,
        "216000 true app.lua:7 look, look.lua:1 main chunk, a.lua:1 main chunk, b.lua:1 main chunk",
        "a store that is full says so, and keeps what it has");
    struct ffisan_stacks_counts counts = ffisan_stacks_count(stacks);
    TAP_OK(counts.n_stacks > 100000 && counts.n_unknown > 50000 && counts.n_stacks < 216000,
           "what found no room is counted");
    TAP_TEXT(run("local first = here() return first"), "0", "new stacks are unknown");
}

/* Names do not fit for ever either. */
static void test_many_names(void)
{
    const char *result =
        run("local long = ('x'):rep(60)\n"
            "for i = 1, 20000 do\n"
            "  local f = loadstring('local x = here() return x', '@' .. long .. i)\n"
            "  f()\n"
            "end return 'done'");
    TAP_TEXT(result, "done", "many file names");
    struct ffisan_stack stack = ffisan_stacks_get(stacks, last_number);
    TAP_OK(stack.n_frames > 0 && stack.frames[0].file == NULL, "one without room is not named");
}

/* A trace is the same place as often as it runs. */
static unsigned n_compiled, n_numbers, n_bad;
static uint32_t known[64];

static void look(void *block, size_t size)
{
    (void)block, (void)size;
    uint32_t visits;
    if ((int32_t)ffisan_vm_word(&vm, vm.layout.vmstate) <= 0)
        return;
    uintptr_t pcs[16];
    size_t n = ffisan_cstack_capture(pcs, 16, NULL);
    const struct lj_trace *trace =
        ffisan_luastack_trace(&vm, (uint32_t)ffisan_vm_word(&vm, vm.layout.vmstate));
    uintptr_t caller = 0;
    for (size_t i = 0; i < n && trace && !caller; i++)
        if (pcs[i] - trace->mcode < trace->szmcode)
            caller = pcs[i];
    uint32_t number = ffisan_stacks_here(stacks, &vm, caller, &visits);
    n_compiled++;
    struct ffisan_stack stack = ffisan_stacks_get(stacks, number);
    if (stack.n_frames == 0 || !stack.frames[0].file || !stack.frames[0].approximate ||
        stack.frames[0].line < 2 || stack.frames[0].line > 4)
        n_bad++;
    for (unsigned i = 0; i < n_numbers; i++)
        if (known[i] == number)
            return;
    if (n_numbers < 64)
        known[n_numbers++] = number;
}

static void test_traces(void)
{
    vm_state_run("jit.on() jit.opt.start('hotloop=3')", "@switch.lua");
    on_alloc = look;
    run("keep = {}\n for i = 1, 2000 do\n keep[1] = {i}\n keep[2] = tostring(i) end");
    on_alloc = NULL;
    TAP_OK(n_compiled > 1000 && n_bad == 0, "compiled code has stacks");
    if (!TAP_OK(n_numbers < 20, "few of them"))
        printf("# %u of %u\n", n_numbers, n_compiled);
}

int main(int argc, char **argv)
{
    if (!vm_state_open(argc, argv))
        return 77;
    ffisan_cstack_prepare((uintptr_t)api.lua_newstate);
    lua_State *plain = main_thread;
    uintptr_t plain_g = vm.g;
    open_state();
    vm_state_register("here", lua_here);
    vm_state_register("frames", lua_frames);
    vm_state_register("collect", lua_collect);
    vm_state_run("jit.off()", "@switch.lua");
    stacks = ffisan_stacks_new(4);
    test_numbers();
    test_dead_code();
    test_full();
    ffisan_stacks_free(stacks);
    stacks = ffisan_stacks_new(1);
    test_many_names();
    ffisan_stacks_free(stacks);
    api.lua_close(main_thread);
    ffisan_heap_fini(&heap);
    main_thread = plain;
    vm.g = plain_g;
    stacks = ffisan_stacks_new(100);
    test_traces();
    ffisan_stacks_free(stacks);
    api.lua_close(main_thread);
    return tap_done();
}
