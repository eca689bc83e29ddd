-- SPDX-License-Identifier: MIT
-- Prints a program that mixes what LuaJIT programs do with C, chosen by a seed.  The program has no
-- bug of memory, and its output is the same in each run.
--
--   luajit generate.lua SEED

local state = assert(tonumber(arg[1]), 'which seed?') % 2147483647 + 1

-- Every fifth is short: a cycle at each allocation takes its time.
local scale = tonumber(arg[1]) % 5 == 0 and 10 or 1

local function below(n) -- a number of 0 to n - 1
    for _ = 1, 2 do state = state * 16807 % 2147483647 end
    return state % n
end

local function between(low, high) return low + below(high - low + 1) end
local function one_of(list) return list[below(#list) + 1] end

local prelude = [[
local ffi = require 'ffi'
ffi.cdef [=[
typedef struct node { struct node *next; int value; char name[12]; } node;
typedef struct { const char *text; size_t size; void *data; } view;
void *malloc(size_t); void *calloc(size_t, size_t); void *realloc(void *, size_t); void free(void *);
char *strdup(const char *); size_t strlen(const char *); int snprintf(char *, size_t, const char *, ...);
int asprintf(char **, const char *, ...); void qsort(void *, size_t, size_t, int (*)(const int *, const int *));
int posix_memalign(void **, size_t, size_t); void *memchr(const void *, int, size_t);
int fork(void); int waitpid(int, int *, int); void _exit(int); int pipe(int *); int close(int);
long write(int, const void *, size_t); long read(int, void *, size_t);
]=]
local C, sum, kept, n_kept = ffi.C, 0, {}, 0
local function add(n) sum = (sum * 31 + tonumber(n)) % 2147483647 end
local function keep(value) n_kept = n_kept % 40 + 1; kept[n_kept] = value; return value end
]]

local depth = 0
local body

-- Each returns statements; %d and %s are filled in.
local makers = {
    function() -- a buffer of Lua's, with text
        return ([[
local buffer = ffi.new('char[?]', %d)
C.snprintf(buffer, %d, '%%s-%%d', %q, ffi.cast('int', i))
add(#ffi.string(buffer) + buffer[0])]]):format(between(40, 400), 40, ('x'):rep(between(1, 20)))
    end,
    function() -- a struct that leads to an anchored buffer
        return ([[
local data = ffi.new('uint8_t[%d]', i %% 256)
local v = ffi.new('view')
v.data, v.size = data, %d
keep({ v, data })
add(ffi.cast('uint8_t *', v.data)[tonumber(v.size) - 1])]]):format(between(8, 64), between(1, 8))
    end,
    function() -- a list of nodes, each kept by a table
        return ([[
local nodes, head = {}, nil
for k = 1, %d do
    local node = ffi.new('node', head, k * i %% 1000)
    ffi.copy(node.name, 'n' .. k %% 100)
    nodes[k], head = node, node
end
local at = ffi.cast('node *', head)
while at ~= nil do add(at.value + at.name[0]); at = at.next end
keep(nodes)]]):format(between(1, 60))
    end,
    function() -- malloc and free
        return ([[
local p = ffi.cast('int *', C.malloc(%d * 4))
for k = 0, %d do p[k] = k * i end
p = ffi.cast('int *', C.realloc(p, %d * 4))
add(p[%d])
C.free(p)]]):format(between(20, 60), 19, between(20, 3000), between(0, 19))
    end,
    function() -- malloc that a finalizer frees
        return ([[
local p = ffi.gc(ffi.cast('uint8_t *', C.calloc(%d, 1)), C.free)
p[%d] = i %% 251
add(p[%d] + p[0])
keep(p)]]):format(between(30, 2000), between(0, 29), between(0, 29))
    end,
    function() -- a string of C's, in a table until it is freed
        return ([[
local texts = {}
for k = 1, %d do texts[k] = C.strdup(('t'):rep(k) .. i) end
for k = #texts, 1, -1 do add(C.strlen(texts[k])); C.free(texts[k]); texts[k] = nil end]]):format(between(1, 30))
    end,
    function() -- an out parameter
        return ([[
local out = ffi.new('char *[1]')
add(C.asprintf(out, '%%s %%d', %q, ffi.cast('int', i)))
local text = ffi.gc(out[0], C.free)
add(#ffi.string(text))]]):format(('y'):rep(between(1, 50)))
    end,
    function() -- aligned
        return ([[
local out = ffi.new('void *[1]')
assert(C.posix_memalign(out, %d, %d) == 0)
add(ffi.cast('uintptr_t', out[0]) %% %d)
C.free(out[0])]]):format(2 ^ between(4, 12), between(1, 5000), 16)
    end,
    function() -- a callback, freed after its last call
        return ([[
local list = ffi.new('int[?]', %d)
for k = 0, %d do list[k] = (k * 7919 + i) %% 1000 end
local order = ffi.cast('int (*)(const int *, const int *)', function(a, b) return a[0] - b[0] end)
C.qsort(list, %d, 4, order)
order:free()
add(list[0] + list[%d] * 3)]]):format(20, 19, between(2, 20), between(0, 19))
    end,
    function() -- strings of Lua's
        return ([[
local parts = {}
for k = 1, %d do parts[k] = tostring(k * i) .. %q end
local text = table.concat(parts, ',')
local at = ffi.cast('const char *', text)
local comma = C.memchr(at, 44, #text)
add(#text + (comma == nil and 0 or ffi.cast('const char *', comma) - at))
keep(text:sub(1, %d))]]):format(between(1, 80), ('z'):rep(between(0, 9)), between(1, 30))
    end,
    function() -- views of an array that lives
        return ([[
local array = keep(ffi.new('node[%d]'))
for k = 0, %d do array[k].value = k + i; if k > 0 then array[k - 1].next = array + k end end
local at, n = array + 0, 0
while at ~= nil do n = n + at.value; at = at.next end
add(n)]]):format(between(6, 30), 5)
    end,
    function() -- an error through C and Lua
        return ([[
local ok, why = pcall(function()
    local p = ffi.gc(C.malloc(%d), C.free)
    if i %% 3 == 0 then error('on purpose') end
    return p ~= nil
end)
add(ok and 1 or #tostring(why))]]):format(between(1, 300))
    end,
    function() -- a metatype-like object with a finalizer
        return ([[
local object = { block = C.malloc(%d) }
object.guard = ffi.gc(ffi.new('char[1]'), (function(block) return function() C.free(block) end end)(object.block))
ffi.fill(object.block, %d, i %% 256)
add(ffi.cast('uint8_t *', object.block)[0])
keep(object)]]):format(between(16, 900), 16)
    end,
    function() return ([[if i %% %d == 0 then collectgarbage(%q, %d) end]]):format(between(5, 60),
        one_of { 'collect', 'step', 'step' }, between(1, 200)) end,
    function() -- a pipe
        return ([[
local ends, got = ffi.new('int[2]'), ffi.new('char[64]')
assert(C.pipe(ends) == 0)
local n = C.write(ends[1], %q .. i, %d)
add(C.read(ends[0], got, 64) + got[0] + n)
C.close(ends[0]) C.close(ends[1])]]):format(('p'):rep(10), between(1, 10))
    end,
    function() -- a child that works on
        return ([[
if i %% 37 == 5 then
    io.flush()
    local pid = C.fork()
    if pid == 0 then
        for k = 1, %d do
            local p = ffi.gc(C.malloc(k), C.free)
            keep({ p, ffi.new('int[?]', k) })
        end
        collectgarbage()
        C._exit(%d)
    end
    local status = ffi.new('int[1]')
    assert(C.waitpid(pid, status, 0) == pid)
    add(status[0])
end]]):format(between(10, 200), between(0, 99))
    end,
    function() -- a coroutine, perhaps given up halfway
        if depth >= 3 then return 'add(i)' end
        return ([[
local co = coroutine.wrap(function()
    for i = i, i + %d do
%s
        coroutine.yield(i)
    end
end)
for k = 1, %d do add(co()) end]]):format(between(3, 6), body(between(1, 3)), between(1, 3))
    end,
    function() -- a function of its own
        if depth >= 3 then return 'add(i * 2)' end
        return ([[
local function f(i)
%s
    return i + 1
end
for k = 1, %d do add(f(i + k)) end]]):format(body(between(1, 4)), between(1, 4))
    end,
}

function body(n)
    local blocks = {}
    depth = depth + 1
    for k = 1, n do blocks[k] = 'do\n' .. one_of(makers)() .. '\nend' end
    depth = depth - 1
    return table.concat(blocks, '\n')
end

local parts = { prelude }
for k = 1, between(3, 8) do
    parts[#parts + 1] = ([[
local function phase%d()
    for i = 1, %d do
%s
    end
    print(%d, sum)
end
phase%d()]]):format(k, math.ceil(between(20, 400) / scale), body(between(2, 6)), k, k)
end
local ends = below(6)
if ends < 2 then parts[#parts + 1] = ('os.exit(%d%s)'):format(between(0, 60), one_of { '', ', true' }) end
if ends == 2 then parts[#parts + 1] = "error('the end')" end
io.write(table.concat(parts, '\n'), '\n')
