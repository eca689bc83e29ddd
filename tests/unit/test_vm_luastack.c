/* SPDX-License-Identifier: MIT */
/*
 * Lua stacks as we read them against those that debug.getinfo tells, in every way that Lua code can
 * come to be called; then inside the allocator, and in compiled code.
 */
#include "base/text.h"
#include "runtime/vm/cstack.h"
#include "runtime/vm/luacall.h"
#include "runtime/vm/luastack.h"
#include "runtime/vm/proto.h"
#include "vm_state.h"

static void add_frame(struct ffisan_text *text, const struct ffisan_luaframe *frame)
{
    if (text->length)
        ffisan_text_add(text, " ");
    if (!frame->proto) {
        ffisan_text_add(text, "none");
        return;
    }
    ffisan_proto_chunkname(frame->proto, text);
    ffisan_text_add(text, ":");
    if (frame->pc)
        ffisan_text_add_signed(
            text, ffisan_proto_line(frame->proto, ffisan_proto_pc(frame->proto, frame->pc)));
    else
        ffisan_text_add(text, "?");
}

/* walk(): our idea of the stack, "file:line file:line ...", innermost first. */
static int lua_walk(lua_State *L)
{
    char data[2048];
    struct ffisan_text text;
    struct ffisan_luaframe frames[FFISAN_LUASTACK_MAX];
    ffisan_text_init(&text, data, sizeof(data));
    size_t n = ffisan_luastack_now(&vm, NULL, 0, frames, FFISAN_LUASTACK_MAX);
    for (size_t i = 0; i < n; i++)
        add_frame(&text, &frames[i]);
    api.lua_pushstring(L, data);
    return 1;
}

/* pcs(): problem of the quick walk, or nothing: its addresses are those of the careful one. */
static int lua_pcs(lua_State *L)
{
    uint64_t pcs[FFISAN_LUASTACK_MAX];
    struct ffisan_luaframe frames[64];
    struct ffisan_luatop top;
    struct ffisan_luatrail trail;
    size_t n = ffisan_luastack_top(&vm, &top)
                   ? ffisan_luastack_pcs(&top, pcs, FFISAN_LUASTACK_MAX, &trail)
                   : 0;
    size_t n_frames = ffisan_luastack_now(&vm, NULL, 0, frames, 64), next = 0;
    const char *problem = n == 0 ? "no addresses" : "";
    for (size_t i = 0; i < n; i++) {
        while (next < n_frames && frames[next].pc != pcs[i] - 4)
            next++;
        if (next++ == n_frames)
            problem = "an address that is not in the stack";
    }
    if (n && trail.top.thread && !ffisan_luatrail_holds(&trail, &top))
        problem = "a trail that does not lead here";
    if (n && ffisan_luacall_pc(&vm) != pcs[0])
        problem = "the first address is another one";
    api.lua_pushstring(L, problem);
    return 1;
}

static const char prelude[] = //
    "local ok, bad = {}, {}\n"
    "function expected()\n"
    "  local t, level = {}, 2\n"
    "  while #t < 16 do\n"
    "    local info = debug.getinfo(level, 'Sl')\n"
    "    if not info then break end\n"
    "    if info.what ~= 'C' then t[#t + 1] = info.short_src .. ':' .. info.currentline end\n"
    "    level = level + 1\n"
    "  end\n"
    "  return table.concat(t, ' ')\n"
    "end\n"
    "n_checks, problem = 0, nil\n"
    "function check()\n"
    "  local ours, theirs, wrong = walk(), expected(), pcs()\n"
    "  n_checks = n_checks + 1\n"
    "  if ours ~= theirs then problem = problem or (ours .. ' INSTEAD OF ' .. theirs) end\n"
    "  if wrong ~= '' then problem = problem or wrong end\n"
    "end\n";

/* Each calls check() somewhere. */
static const struct {
    const char *name, *code;
} situations[] = {
    {"the main chunk", "check()"},
    {"nested functions",
     "local function f(n)\n if n > 0 then\n f(n - 1)\n end\n check()\n end\n f(20)"},
    {"tail calls",
     "local function f(n)\n if n == 0 then check() return 1 end\n return f(n - 1) end\n"
     "local function g() local x = f(3)\n check() return x end\n g()"},
    {"pcall", "pcall(function()\n pcall(check)\n check() end)\n check()"},
    {"xpcall and its handler",
     "xpcall(function()\n check()\n error('x') end, function(e)\n check()\n"
     "return e end)\n check()"},
    {"an error inside of a handler",
     "xpcall(function() error('x') end, function(e)\n check()\n pcall(error, 'y')\n check() end)"},
    {"after an error in depth",
     "local function f(n) if n == 0 then error('deep') end f(n - 1) end\n pcall(f, 10)\n check()"},
    {"varargs",
     "local function f(...)\n check()\n return select('#', ...) end\n"
     "local function g(...)\n local n = f(1, nil, ...)\n check() return n end\n g(1, 2, 3)"},
    {"varargs called by tail",
     "local function f(...) check() return ... end\n local function g(...) return f(...) end\n"
     "local a = {g(1, 2)}\n check()"},
    {"coroutines",
     "local co = coroutine.wrap(function(a)\n check()\n a = coroutine.yield(1)\n"
     "check() end)\n co(1)\n check()\n co(2)\n check()"},
    {"coroutines in coroutines",
     "local function nest(n)\n if n == 0 then check() return end\n"
     "local co = coroutine.create(function() nest(n - 1)\n check()\n coroutine.yield() check() "
     "end)\n"
     "assert(coroutine.resume(co))\n check()\n assert(coroutine.resume(co)) end\n nest(4)"},
    {"a coroutine that died of an error",
     "local co = coroutine.create(function() check() error('x') end)\n coroutine.resume(co)\n "
     "check()"},
    {"a yield across pcall",
     "local co = coroutine.wrap(function() pcall(function()\n coroutine.yield() check() end)\n"
     "check() end)\n co()\n co()\n check()"},
    {"metamethods",
     "local m = {}\n local t = setmetatable({}, m)\n local u = setmetatable({}, m)\n"
     "for _, n in ipairs{'add', 'sub', 'mul', 'div', 'mod', 'pow', 'unm', 'concat', 'call'} do\n"
     "m['__' .. n] = function() check()\n return t end end\n"
     "m.__index = function(t, k) check() return k end\n m.__newindex = function() check() end\n"
     "m.__eq = function() check() return true end\n m.__lt = function() check() return true end\n"
     "m.__le = function() check() return true end\n"
     "local x = t + 1\n x = 1 - t x = t * t\n x = t / 2 x = t % 3 x = t ^ 4\n x = -t\n x = 'a' .. "
     "t\n"
     "x = 'a' .. 'b' .. t .. 'c'\n x = t(1)\n x = t.foo\n x = t[1]\n t.foo = 1\n t[2] = 3\n"
     "x = t == u\n x = t < u\n x = t <= u\n if t == u then check() end\n if t < u then check() "
     "end"},
    {"metamethods in a tail",
     "local t = setmetatable({}, {__index = function(t, k)\n check() return k\n"
     "end, __call = function(self, n) check()\n return n end})\n"
     "local function f() return t.x end\n f()\n local function g()\n"
     "return t(4) end\n g()\n check()"},
    {"iterators",
     "local function it(_, i)\n check() if i < 3 then return i + 1 end end\n"
     "for i in it, nil, 0 do\n check() end\n for k, v in pairs{1, 2} do check() end\n"
     "for i = 1, 2 do\n check() end"},
    {"callbacks of built-in functions",
     "table.sort({3, 1, 2}, function(a, b)\n check() return a < b end)\n"
     "string.gsub('abc', '.', function(c) check()\n return c end)\n"
     "table.foreach = nil\n check()"},
    {"tostring, print and their metamethod",
     "local t = setmetatable({}, {__tostring = function()\n check() return 'x' end})\n"
     "local s = tostring(t)\n check()"},
    {"loaded code",
     "local f = loadstring('check()\\ncheck() return 1', '@other.lua')\n f()\n"
     "loadstring('check()')()\n package.preload.m = function()\n check() return 1 end\n"
     "require 'm'"},
    {"hooks on lines",
     "local function f()\n local a = 1\n local b = a\n return b end\n"
     "debug.sethook(function()\n check() end, 'l')\n f()\n local x = 1\n"
     "x = x + 1\n debug.sethook()\n check()"},
    {"hooks on calls",
     "local function f()\n return 1 end\n"
     "debug.sethook(function()\n check() end, 'c')\n f()\n local s = ('x'):rep(3)\n"
     "debug.sethook()\n check()"},
    {"a reader of code inside of a hook",
     "local function f()\n local a = 1\n return a end\n local n = 0\n"
     "debug.sethook(function() debug.sethook()\n load(function()\n check() n = n + 1\n"
     "return n < 3 and ' ' or nil end) end, 'l')\n f()\n check()"},
    {"a finalizer while code is parsed",
     "local p = newproxy(true)\n getmetatable(p).__gc = function()\n check() end\n p = nil\n"
     "local function f()\n load(function()\n collectgarbage() collectgarbage() check() return nil "
     "end)\n"
     "return 1 end\n f()\n check()"},
    {"coroutines inside of a hook",
     "local function f()\n local a = 1\n return a end\n debug.sethook(function() debug.sethook()\n"
     "coroutine.wrap(function()\n pcall(check)\n check() end)()\n check() end, 'l')\n f()\n "
     "check()"},
    {"hooks on counts",
     "local n = 0\n debug.sethook(function()\n check() end, '', 3)\n"
     "for i = 1, 20 do n = n + i end\n debug.sethook()\n check()"},
    {"finalizers of userdata",
     "local p = newproxy(true)\n getmetatable(p).__gc = function()\n check() end\n p = nil\n"
     "local function f()\n collectgarbage()\n collectgarbage() end\n f()\n check()"},
    {"finalizers of cdata",
     "local ffi = require 'ffi'\n local function f()\n for i = 1, 3 do\n"
     "ffi.gc(ffi.new('int[2]'), function()\n check() end)\n end end\n f()\n collectgarbage()\n"
     "collectgarbage()\n check()"},
    {"finalizers at an allocation",
     "local ffi = require 'ffi'\n local done = false\n local function f()\n"
     "ffi.gc(ffi.new('int[2]'), function()\n check() done = true end)\n end\n f()\n"
     "collectgarbage('restart') local t\n for i = 1, 1e6 do keep = {i}\n if done then break end "
     "end"},
    {"callbacks from C",
     "local ffi = require 'ffi'\n pcall(ffi.cdef, 'void qsort(void *, size_t, size_t, "
     "int (*)(const void *, const void *));')\n local a = ffi.new('int[4]', 3, 1, 2, 0)\n"
     "local cb = ffi.cast('int (*)(const void *, const void *)', function(x, y)\n check()\n return "
     "0 "
     "end)\n local function f()\n ffi.C.qsort(a, 4, 4, cb)\n check() end\n f()\n cb:free()"},
    {"metatypes",
     "local ffi = require 'ffi'\n local T = ffi.metatype('struct { int x; }', {\n"
     "__index = function(t, k) check() return 1 end,\n"
     "__add = function(a, b)\n check() return a end, __len = function()\n check() return 3 "
     "end,\n __call = function() check() end})\n"
     "local t = T(1)\n local x = t.foo\n x = t + t\n x = #t\n t()"},
    {"deep recursion",
     "local function f(n)\n if n == 0 then return check() end\n local x = f(n - 1)\n"
     "return x end\n f(150)\n check()"},
    {"a goto and a repeat",
     "local i = 0\n ::again::\n i = i + 1\n check()\n if i < 3 then goto again "
     "end\n repeat\n i = i - 1 check() until i == 0"},
    {"upvalues and closures",
     "local fs = {}\n for i = 1, 3 do fs[i] = function()\n check()\n return i "
     "end end\n for i = 1, 3 do\n fs[i]() end"},
    {"methods",
     "local o = {}\n function o:m(n)\n check()\n if n > 0 then return self:m(n - 1) end\n"
     "end\n o:m(2)\n o.o = o\n o.o:m(1)"},
    {"stripped code",
     "local f = loadstring(string.dump(function() check() end, false))\n f()\n check()"},
    {"a stack that grew",
     "local function f(...)\n check()\n return ... end\n local t = {}\n"
     "for i = 1, 300 do t[i] = i end\n f(unpack(t))\n check()"},
};

static void test_situations(const char *name, const char *switch_code)
{
    vm_state_run(prelude, "@prelude.lua");
    vm_state_run(switch_code, "@switch.lua");
    for (size_t i = 0; i < sizeof(situations) / sizeof(situations[0]); i++) {
        char what[128], code[4096];
        snprintf(what, sizeof(what), "%s, %s", situations[i].name, name);
        snprintf(code, sizeof(code), "n_checks, problem = 0, nil\n%s", situations[i].code);
        const char *result = vm_state_run(code, "@app.lua");
        if (strcmp(result, "no string") == 0)
            result = vm_state_run("return problem or n_checks == 0 and 'no check' or 'good'", "@r");
        TAP_TEXT(result, "good", what);
    }
}

/* ---- In the allocator ------------------------------------------------------------------------ */

static char seen[512];

static void look(void *block, size_t size)
{
    (void)block, (void)size;
    struct ffisan_luaframe frames[FFISAN_LUASTACK_MAX];
    struct ffisan_text text;
    int32_t vmstate = (int32_t)ffisan_vm_word(&vm, vm.layout.vmstate);
    if (vmstate != LJ_VMST_INTERP && vmstate != LJ_VMST_C)
        return;
    on_alloc = NULL;
    ffisan_text_init(&text, seen, sizeof(seen));
    size_t n = ffisan_luastack_now(&vm, NULL, 0, frames, FFISAN_LUASTACK_MAX);
    for (size_t i = 0; i < n; i++)
        add_frame(&text, &frames[i]);
}

static int lua_arm(lua_State *L)
{
    (void)L;
    seen[0] = '\0';
    on_alloc = look;
    return 0;
}

/* The statement stands in line 3, in a function that is called in line 5. */
static const char *const allocations[] = {
    "local t = {}",
    "local t = {1, 2, 3}",
    "local t = {x}",
    "local f = function() return x end",
    "local s = x .. 'y'",
    "local s = x .. 1 .. x",
    "local s = ('z'):rep(300)",
    "local s = tostring(4.75)",
    "local s = string.format('%d %s', 77, x)",
    "local c = ffi.new('int[20]')",
    "local c = ffi.new('struct { int *p; }')",
    "local c = T(3)",
    "local c = p + 1",
    "local c = ffi.cast('char *', p)",
    "local c = coroutine.create(print)",
    "local c = 1LL + p[0]",
    "local b = io.tmpfile",
    "t[#t + 1] = {}",
    "t.field = {}",
    "local s = table.concat({x, x, 'c'})",
    "local c = newproxy()",
    "local s = x:upper() .. x",
};

static void test_allocations(void)
{
    vm_state_run("jit.off() collectgarbage('stop')", "@switch.lua");
    for (size_t i = 0; i < sizeof(allocations) / sizeof(allocations[0]); i++) {
        char code[1024];
        if (strstr(allocations[i], "io.tmpfile"))
            continue; /* allocates nothing */
        snprintf(
            code, sizeof(code),
            "local ffi = require 'ffi' local T = ffi.typeof('int[?]') local p = ffi.new('int[2]') "
            "local x, t = tostring({}), {}\n"
            "local function f() arm()\n %s\n return 1 end\n local r = f()\n return r",
            allocations[i]);
        vm_state_run(code, "@app.lua");
        on_alloc = NULL;
        TAP_TEXT(seen, "app.lua:3 app.lua:5", allocations[i]);
    }
}

/* ---- In compiled code ------------------------------------------------------------------------ */

static unsigned n_compiled, n_outside, n_unknown, lines_seen;
static int first_line, last_line;

static void look_compiled(void *block, size_t size)
{
    (void)block, (void)size;
    struct ffisan_luaframe frames[FFISAN_LUASTACK_MAX];
    uintptr_t pcs[32];
    if ((int32_t)ffisan_vm_word(&vm, vm.layout.vmstate) <= 0)
        return;
    size_t n_pcs = ffisan_cstack_capture(pcs, 32, NULL);
    size_t n = ffisan_luastack_now(&vm, pcs, n_pcs, frames, FFISAN_LUASTACK_MAX);
    n_compiled++;
    if (n == 0 || !frames[0].proto || !frames[0].pc) {
        n_unknown++;
        return;
    }
    int line = ffisan_proto_line(frames[0].proto, ffisan_proto_pc(frames[0].proto, frames[0].pc));
    lines_seen |= line < 32 ? 1u << line : 0;
    n_outside += line < first_line || line > last_line || !frames[0].approximate;
}

static const struct {
    const char *name, *code;
    int first, last;
} compiled[] = {
    {"a loop that makes tables", "local t\n for i = 1, 1000 do\n t = {i}\n keep[1] = t end", 3, 6},
    {"a loop that makes strings", "for i = 1, 1000 do\n keep[1] = 'a' .. i end", 3, 4},
    {"a loop that makes cdata", "for i = 1, 1000 do\n keep[1] = ffi.new('int[4]', i)\n end", 3, 5},
    {"a loop that makes closures", "for i = 1, 1000 do\n keep[1] = setmetatable({}, mt) end", 3, 4},
    {"a function called in a loop",
     "local function g(i)\n return {i} end\n for i = 1, 1000 do keep[1] = g(i) end", 3, 5},
    {"recursion",
     "local function g(n)\n if n == 0 then return {} end\n return {g(n - 1)} end\n"
     "for i = 1, 200 do keep[1] = g(5) end",
     3, 6},
};

static void test_compiled(void)
{
    for (size_t i = 0; i < sizeof(compiled) / sizeof(compiled[0]); i++) {
        char code[2048];
        snprintf(code, sizeof(code),
                 "jit.on() jit.flush() jit.opt.start('hotloop=5', 'hotexit=3') "
                 "collectgarbage('restart')\n"
                 "local ffi, mt = require 'ffi', {} keep = {} local function f()\n%s\nend\n"
                 "f()",
                 compiled[i].code);
        n_compiled = n_outside = n_unknown = 0;
        first_line = compiled[i].first;
        last_line = compiled[i].last;
        on_alloc = look_compiled;
        TAP_TEXT(vm_state_run(code, "@app.lua"), "no string", compiled[i].name);
        on_alloc = NULL;
        if (!TAP_OK(n_compiled > 100 && n_outside == 0 && n_unknown == 0,
                    "every position is in it"))
            printf("# %u in compiled code, %u elsewhere, %u unknown\n", n_compiled, n_outside,
                   n_unknown);
    }
    vm_state_run("jit.off() jit.flush()", "@switch.lua");
}

/* Positions in a trace come from the snapshots around: they must differ where lines are far apart. */
static void test_positions(void)
{
    n_compiled = n_outside = n_unknown = lines_seen = 0;
    first_line = 1;
    last_line = 9;
    on_alloc = look_compiled;
    vm_state_run(
        "jit.on() jit.flush() keep = {} local k = keep\n"
        "for i = 1, 1000 do\n"
        "k[1] = {i}\n"
        "if k[i] == k then break end\n"
        "k[i + 1] = i\n"
        "if k[i + 2] == k then break end\n"
        "k[i + 3] = tostring(i)\n"
        "if k[i + 4] == k then break end\n"
        "end",
        "@app.lua");
    on_alloc = NULL;
    if (!TAP_OK(n_compiled > 100 && (lines_seen & 0x1e) && (lines_seen & 0x1e0),
                "early and late places of a trace are told apart"))
        printf("# lines %#x\n", lines_seen);
    vm_state_run("jit.off() jit.flush()", "@switch.lua");
}

/* ---- Between snapshots ----------------------------------------------------------------------- */

static enum ffisan_luadoing doing;

static void look_doing(void *block, size_t size)
{
    (void)block, (void)size;
    struct ffisan_luaframe frames[FFISAN_LUASTACK_MAX];
    if ((int32_t)ffisan_vm_word(&vm, vm.layout.vmstate) <= 0)
        return;
    n_compiled++;
    size_t n = ffisan_luastack_doing(&vm, 0, doing, frames, FFISAN_LUASTACK_MAX);
    uint32_t pc = n ? ffisan_proto_pc(frames[0].proto, frames[0].pc) : UINT32_MAX;
    int line = pc == UINT32_MAX ? 0 : ffisan_proto_line(frames[0].proto, pc);
    lines_seen |= line < 32 ? 1u << line : 1;
}

/* The code begins in line 3. */
static const struct {
    const char *name, *code;
    enum ffisan_luadoing doing;
    unsigned lines;
} exact[] = {
    {"a cdata of a function that is inlined",
     "local function g(i)\n local n = i * 2\n return ffi.new('int[4]', n)\n end\n"
     "for i = 1, 1000 do\n keep[1] = g(i)\n end",
     FFISAN_LUA_MAKES_CDATA, 1u << 5},
    {"two cdata, one after the other",
     "local function g(i)\n local a = ffi.new('int[4]', i)\n local b = ffi.new('int[4]', i)\n"
     "keep[1], keep[2] = a, b\n end\n for i = 1, 1000 do\n g(i)\n end",
     FFISAN_LUA_MAKES_CDATA, 1u << 4 | 1u << 5},
    {"an array whose size is not known",
     "local function g(i)\n local n = i % 9\n local a = ffi.new('char[?]', n)\n a[0] = n\n"
     "return a end\n for i = 1, 1000 do\n keep[1] = g(i)\n end",
     FFISAN_LUA_MAKES_CDATA, 1u << 5},
    {"a string of a method",
     "local M = {}\n M.__index = M\n function M:set(i)\n local n = i + 1\n self.key = 'key' .. n\n"
     "end\n local m = setmetatable({key = ''}, M)\n for i = 1, 1000 do\n m:set(i)\n end",
     FFISAN_LUA_MAKES_STRINGS, 1u << 7},
    {"a string of a method of a cdata",
     "local P = ffi.metatype('struct { int n; }', {__index = {set = function(self, i)\n"
     "self.n = i\n keep[2] = 'method' .. i\n end}})\n local p = P()\n for i = 1, 1000 do\n"
     "p:set(i)\n end",
     FFISAN_LUA_MAKES_STRINGS, 1u << 5},
};

static void test_exact(void)
{
    for (size_t i = 0; i < sizeof(exact) / sizeof(exact[0]); i++) {
        char code[2048];
        snprintf(code, sizeof(code),
                 "jit.on() jit.flush() jit.opt.start('hotloop=5', 'hotexit=3') "
                 "collectgarbage('restart')\n"
                 "local ffi = require 'ffi' keep = {} local function f()\n%s\nend\nf()",
                 exact[i].code);
        n_compiled = lines_seen = 0;
        doing = exact[i].doing;
        on_alloc = look_doing;
        TAP_TEXT(vm_state_run(code, "@app.lua"), "no string", exact[i].name);
        on_alloc = NULL;
        if (!TAP_OK(n_compiled > 100 && lines_seen == exact[i].lines, "its line is the one"))
            printf("# %u in compiled code, lines %#x, not %#x\n", n_compiled, lines_seen,
                   exact[i].lines);
    }
    vm_state_run("jit.off() jit.flush()", "@switch.lua");
}

int main(int argc, char **argv)
{
    if (!vm_state_open(argc, argv))
        return 77;
    ffisan_cstack_prepare((uintptr_t)api.lua_newstate);
    vm_state_register("walk", lua_walk);
    vm_state_register("pcs", lua_pcs);
    vm_state_register("arm", lua_arm);
    test_situations("interpreted", "jit.off()");
    test_situations("after compilation",
                    "jit.on() jit.opt.start('hotloop=2', 'hotexit=2') local run = check\n"
                    "function check() for i = 1, 3 do run() end end");
    test_allocations();
    test_compiled();
    test_positions();
    test_exact();
    api.lua_close(main_thread);
    return tap_done();
}
