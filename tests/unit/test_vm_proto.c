/* SPDX-License-Identifier: MIT */
/* Compares what we read in a prototype with debug.getinfo, debug.getlocal and jit.util. */
#include "runtime/vm/proto.h"
#include "vm_host.h"

static struct vm_host host;

static const struct lj_proto *proto_of(const void *function)
{
    uint64_t pc;
    memcpy(&pc, (const char *)function + offsetof(struct lj_func, pc), sizeof(pc));
    return (const struct lj_proto *)(uintptr_t)(pc - sizeof(struct lj_proto));
}

static const struct lj_proto *proto_at(struct lua_State *L, int index)
{
    return proto_of(host.topointer(L, index));
}

/* line_of(f, pc), upvalue_of(f, index), chunk_of(f): our answers, for Lua to compare. */
static int line_of(struct lua_State *L)
{
    host.pushnumber(L, ffisan_proto_line(proto_at(L, 1), (uint32_t)host.tonumber(L, 2)));
    return 1;
}

static int upvalue_of(struct lua_State *L)
{
    const char *name = ffisan_proto_upvalue(proto_at(L, 1), (uint32_t)host.tonumber(L, 2));
    host.settop(L, 0);
    if (name != NULL)
        host.pushlstring(L, name, strlen(name));
    return name != NULL;
}

static int local_of(struct lua_State *L)
{
    const char *name = ffisan_proto_local(proto_at(L, 1), (uint32_t)host.tonumber(L, 2),
                                          (uint32_t)host.tonumber(L, 3));
    host.settop(L, 0);
    if (name != NULL)
        host.pushlstring(L, name, strlen(name));
    return name != NULL;
}

static int chunk_of(struct lua_State *L)
{
    char buffer[300];
    struct ffisan_text text;
    ffisan_text_init(&text, buffer, sizeof(buffer));
    ffisan_proto_chunkname(proto_at(L, 1), &text);
    host.pushlstring(L, text.data, text.length);
    return 1;
}

static unsigned n_probes, n_probed_names;

/* The caller's position: the return address lies below our first argument. */
static uint32_t caller_pc(struct lua_State *L, const struct lj_proto *proto)
{
    const struct lj_thread *thread = (const void *)L;
    uint64_t return_pc;
    memcpy(&return_pc, (const void *)(uintptr_t)(thread->base - 8), sizeof(return_pc));
    return ffisan_proto_pc(proto, return_pc - sizeof(uint32_t));
}

static bool is_same_name(const char *ours, const char *theirs)
{
    if (theirs == NULL || strcmp(theirs, "(*temporary)") == 0)
        return ours == NULL;
    n_probed_names++;
    return ours != NULL && strcmp(ours, theirs) == 0;
}

/* Called from Lua: compares the caller's line and the locals in scope. */
static int probe(struct lua_State *L)
{
    struct vm_host_activation activation = {0};
    host.getstack(L, 1, &activation);
    host.getinfo(L, "fl", &activation);
    const struct lj_proto *proto = proto_at(L, -1);
    uint32_t pc = caller_pc(L, proto);
    bool is_same = true;
    for (int i = 1; i <= 60; i++) {
        const char *theirs = host.getlocal(L, &activation, i);
        is_same = is_same && is_same_name(ffisan_proto_local(proto, pc, i - 1), theirs);
    }
    vm_host_check(is_same, "locals in scope at line %d", activation.currentline);
    vm_host_check(ffisan_proto_line(proto, pc) == activation.currentline, "line %d at pc %u",
                  activation.currentline, pc);
    n_probes++;
    return 0;
}

static void add_function(const char *name, int (*function)(struct lua_State *))
{
    host.pushcclosure(host.L, function, 0);
    host.setfield(host.L, VM_HOST_GLOBALSINDEX, name);
}

static const char locals_program[] =
    "local first, second = 1, 'two'\n"
    "local function f(a, b, ...)\n"
    "  probe()\n"
    "  local c = a\n"
    "  probe(c)\n"
    "  for i = 1, 2 do\n"
    "    local inner = i\n"
    "    probe(inner, i)\n"
    "  end\n"
    "  for key, value in pairs { x = 1 } do\n"
    "    do local deep = key; probe() end\n"
    "    probe(value)\n"
    "  end\n"
    "  do local c = 'shadow' probe(c) end\n"
    "  local unused\n"
    "  local function recursive(n) probe() if n > 0 then recursive(n - 1) end probe() end\n"
    "  recursive(2)\n"
    "  repeat local last = true; probe() until last\n"
    "  while true do local w = 1; probe() break end\n"
    "  local t = { probe(), (probe()), nested = { probe() } }\n"
    "  probe(probe(probe()))\n"
    "  local s = 'a' .. tostring((probe())) .. 'b'\n"
    "  for k in probe do local x = k end\n"
    "  for k, v in probe, 1, 2 do local x, y = k, v end\n"
    "  probe(first, second)\n"
    "end\n"
    "f(1, 2, 3)\n"
    "probe()\n"
    "local co = coroutine.wrap(function(own)\n"
    "  probe() coroutine.yield() local late = own probe() end)\n"
    "co(5) co()\n"
    "setmetatable({}, { __index = function(self, key) probe() return key end }).missing = nil\n"
    "local _ = setmetatable({}, { __index = function(self, key) probe() return key end }).missing\n"
    "table.sort({ 2, 1 }, function(left, right) probe() return left < right end)\n"
    "probe()\n";

static void test_locals(void)
{
    bool is_done = vm_host_run(&host, locals_program);
    vm_host_check(is_done && n_probes == 31 && n_probed_names > 100, "%u names in %u probes",
                  n_probed_names, n_probes);
    host.settop(host.L, 0);
    vm_host_run(&host, "jit.off() jit.flush()");
    n_probes = 0;
    TAP_OK(vm_host_run(&host, locals_program) && n_probes == 31, "the same without the JIT");
}

/* Runs a function of the program below on many functions; it returns the first difference. */
static const char compare_program[] =
    "local util = require 'jit.util'\n"
    "local function each(f, found)\n"
    "  found[#found + 1] = f\n"
    "  for i = -1, -1e9, -1 do\n"
    "    local k = util.funck(f, i)\n"
    "    if k == nil then break end\n"
    "    if type(k) == 'proto' then each(k, found) end\n"
    "  end\n"
    "  return found\n"
    "end\n"
    "local function lines(f)\n"
    "  local info = util.funcinfo(f)\n"
    "  local n = info.bytecodes\n"
    "  for pc = 0, n - 1 do\n"
    "    local want = util.funcinfo(f, pc).currentline\n"
    "    if pc > 0 and line_of(f, pc) ~= (want or 0) then\n"
    "      return ('pc %d: line %s, not %s'):format(pc, line_of(f, pc), want)\n"
    "    end\n"
    "  end\n"
    "  if line_of(f, 0) ~= info.linedefined then return 'header' end\n"
    "  if line_of(f, n) ~= info.lastlinedefined then return 'end' end\n"
    "  if line_of(f, n + 1) ~= 0 then return 'behind the end' end\n"
    "end\n"
    "local function upvalues(f)\n"
    "  local i = 0\n"
    "  while true do\n"
    "    local ok, want = pcall(util.funcuvname, f, i)\n"
    "    if not ok or want == nil then break end\n"
    "    if upvalue_of(f, i) ~= want then return 'upvalue ' .. i end\n"
    "    i = i + 1\n"
    "  end\n"
    "  if upvalue_of(f, util.funcinfo(f).upvalues) then return 'one upvalue too many' end\n"
    "  n_names = (n_names or 0) + i\n"
    "end\n"
    "local function compare(code)\n"
    "  local f = assert(loadstring(code, '=compare'))\n"
    "  return lines(f) or upvalues(f) or 'same'\n"
    "end\n";

static void test_lines(void)
{
    static const struct {
        const char *what;
        const char *make;
    } programs[] = {
        {"few lines", "local n = 5"},
        {"300 lines: two bytes each", "local n = 300"},
        {"70,000 lines: four bytes each", "local n = 70000"},
    };
    for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
        char code[6000];
        snprintf(code, sizeof(code),
                 "%s %s\nlocal lines = ('\\nx = x + tonumber(x)\\n\\n'):rep(n / 3)\n"
                 "return compare('local x = 1' .. lines"
                 " .. '\\nreturn function(a) return x, a end')",
                 compare_program, programs[i].make);
        if (vm_host_run(&host, code))
            TAP_TEXT(host.tolstring(host.L, -1, NULL), "same", programs[i].what);
    }
}

/* Functions of LuaJIT's own Lua modules, where they are installed, and of the test itself. */
static void test_upvalues(void)
{
    char code[6000];
    snprintf(code, sizeof(code),
             "%s local a, bb, ccc = 1, 2, 3\n"
             "local function f() return function() return a, bb, ccc end, bb end\n"
             "local function g() bb = bb + 1 return ccc, each, f end\n"
             "for _, fn in ipairs { f, f(), g, each, lines, upvalues, compare } do\n"
             "  local difference = lines(fn) or upvalues(fn)\n"
             "  if difference then return difference end\n"
             "end\n"
             "return n_names >= 12 and 'same' or 'too few names: ' .. n_names",
             compare_program);
    if (vm_host_run(&host, code))
        TAP_TEXT(host.tolstring(host.L, -1, NULL), "same", "upvalue names");
    vm_host_run(&host, "local up1, up2 = 1, 2 return function() return up1, up2 end");
    const char *name = host.getupvalue(host.L, -1, 2);
    host.settop(host.L, 1);
    TAP_TEXT(ffisan_proto_upvalue(proto_at(host.L, -1), 1), name, "as lua_getupvalue");
    TAP_OK(ffisan_proto_upvalue(proto_at(host.L, -1), 2) == NULL, "no third upvalue");
    TAP_OK(ffisan_proto_upvalue(proto_at(host.L, -1), UINT32_MAX) == NULL, "index out of range");
}

/* The short name of Lua, but for long file names, which Lua shortens. */
static const char *const chunknames[][2] = {
    {"'=stdin'", NULL},
    {"'@dir/file.lua'", NULL},
    {"'@' .. ('very/long/'):rep(20) .. 'file.lua'", "long"},
    {"'=(command line)'", NULL},
    {"'return 1'", NULL},
    {"'first line\\nsecond line'", NULL},
    {"'\\n'", NULL},
    {"''", NULL},
    {"'=' .. ('x'):rep(59)", NULL},
    {"('x'):rep(44)", NULL},
    {"('x'):rep(45)", NULL},
    {"('x'):rep(46)", NULL},
    {"('x'):rep(47)", NULL},
    {"('x'):rep(48)", NULL},
    {"('x'):rep(49)", NULL},
    {"('x'):rep(200)", NULL},
    {"('x'):rep(44) .. '\\n'", NULL},
    {"('x'):rep(46) .. '\\n'", NULL},
    {"'tab\\tinside'", NULL},
    {"'\\xe4\\xbd\\xa0\\xe5\\xa5\\xbd'", NULL},
    {"'\\127'", NULL},
};

static void test_chunknames(void)
{
    for (size_t i = 0; i < sizeof(chunknames) / sizeof(chunknames[0]); i++) {
        char code[500];
        snprintf(code, sizeof(code),
                 "local f = loadstring('return 1', %s)\n"
                 "local info = debug.getinfo(f, 'S')\n"
                 "return chunk_of(f), %s",
                 chunknames[i][0], chunknames[i][1] ? "info.source:sub(2)" : "info.short_src");
        if (vm_host_run(&host, code))
            TAP_TEXT(host.tolstring(host.L, 1, NULL), host.tolstring(host.L, 2, NULL),
                     chunknames[i][0]);
    }
}

static void test_stripped(void)
{
    const char *code =
        "local up = 1\n"
        "local code = string.dump(loadstring [[local a = 1\nlocal b = 2\n"
        "return function() return a, b end]], true)\n"
        "local f = loadstring(code, '=bytecode')\n"
        "return line_of(f, 1), line_of(f, 2), local_of(f, 3, 0) or 'none',"
        "upvalue_of(f(), 0) or 'none', chunk_of(f)";
    if (!vm_host_run(&host, code))
        return;
    TAP_OK(host.tonumber(host.L, 1) == 0 && host.tonumber(host.L, 2) == 0, "stripped: no line");
    TAP_TEXT(host.tolstring(host.L, 3, NULL), "none", "stripped: no local");
    TAP_TEXT(host.tolstring(host.L, 4, NULL), "none", "stripped: no upvalue");
    vm_host_run(&host,
                "local f = loadstring('local a = 1\\n\\nreturn a')\n"
                "f = loadstring(string.dump(f))\n"
                "return line_of(f, 2), local_of(f, 2, 0)");
    TAP_OK(host.tonumber(host.L, 1) == 3, "dumped with its lines");
    TAP_TEXT(host.tolstring(host.L, 2, NULL), "a", "dumped with its locals");
}

static void test_pc(void)
{
    vm_host_run(&host, "return function(a) return a + 1 end");
    const struct lj_proto *proto = proto_at(host.L, -1);
    uintptr_t begin = (uintptr_t)proto->bc;
    TAP_OK(ffisan_proto_pc(proto, begin) == 0, "the header is bytecode 0");
    TAP_OK(ffisan_proto_pc(proto, begin + 8) == 2, "the third word is bytecode 2");
    TAP_OK(ffisan_proto_pc(proto, begin + 2) == UINT32_MAX, "half an instruction");
    TAP_OK(ffisan_proto_pc(proto, begin - 4) == UINT32_MAX, "before the first");
    uint32_t n = proto->sizebc;
    TAP_OK(ffisan_proto_pc(proto, begin + 4 * (n - 1)) == n - 1, "the last");
    TAP_OK(ffisan_proto_pc(proto, begin + 4 * n) == UINT32_MAX, "behind the last");
    TAP_OK(ffisan_proto_pc(proto, 0) == UINT32_MAX, "null");
}

/* Information that ends in the middle must not be read beyond the prototype. */
static void test_cut_information(void)
{
    struct {
        struct lj_proto head;
        uint8_t data[32];
    } fake;
    memset(&fake, 0xff, sizeof(fake));
    struct lj_proto *proto = &fake.head;
    proto->sizept = sizeof(fake.head) + 16;
    proto->sizebc = 1000;
    proto->sizeuv = 9;
    proto->firstline = 1;
    proto->numline = 70000;
    proto->lineinfo = proto->varinfo = proto->uvinfo = (uintptr_t)fake.data;
    proto->chunkname = 0;
    TAP_OK(ffisan_proto_line(proto, 900) == 0, "line information that is too short");
    TAP_OK(ffisan_proto_local(proto, 5, 0) == NULL, "a variable name without end");
    TAP_OK(ffisan_proto_upvalue(proto, 0) == NULL, "an upvalue name without end");
    fake.data[1] = 0;
    TAP_OK(ffisan_proto_local(proto, 5, 0) == NULL, "a scope without end");
    proto->varinfo = 8;
    proto->uvinfo = UINT64_MAX;
    TAP_OK(ffisan_proto_local(proto, 5, 0) == NULL, "variable information elsewhere");
    TAP_OK(ffisan_proto_upvalue(proto, 0) == NULL, "upvalue information elsewhere");
    char buffer[10];
    struct ffisan_text text;
    ffisan_text_init(&text, buffer, sizeof(buffer));
    ffisan_proto_chunkname(proto, &text);
    TAP_TEXT(buffer, "?", "no chunk name");
}

int main(int argc, char **argv)
{
    vm_host_init(&host, argc, argv);
    add_function("probe", probe);
    add_function("line_of", line_of);
    add_function("local_of", local_of);
    add_function("upvalue_of", upvalue_of);
    add_function("chunk_of", chunk_of);
    test_locals();
    test_lines();
    test_upvalues();
    test_chunknames();
    test_stripped();
    test_pc();
    test_cut_information();
    vm_host_fini(&host);
    return tap_done();
}
