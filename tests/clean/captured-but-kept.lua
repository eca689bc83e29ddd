-- SPDX-License-Identifier: MIT
-- Finalizers that refer to their own objects, all of which the program has until it ends: in a
-- module, an upvalue, the registry, a coroutine, a callback, a metatable, another object's table,
-- a variable of the main function.
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
void *malloc(size_t size);
void free(void *p);
typedef int (*captured_compare_t)(const void *, const void *);
void qsort(void *base, size_t n, size_t size, captured_compare_t compare);
typedef struct { int id; } captured_t;
]]

local n_freed = 0

local function allocate(id)
    local p = ffi.cast("captured_t *", C.malloc(ffi.sizeof("captured_t")))
    p.id = id
    ffi.gc(p, function()
        n_freed = n_freed + 1
        C.free(p)
    end)
    return p
end

package.preload.captured_settings = function()
    local M = { defaults = allocate(1) }
    return M
end
local settings = require("captured_settings")

local next_id
do
    local counter = allocate(100)
    function next_id()
        counter.id = counter.id + 1
        return counter.id
    end
end

debug.getregistry()["captured.test"] = { allocate(3) }

local worker = coroutine.wrap(function()
    local p = allocate(4)
    while true do
        p.id = p.id + 1
        coroutine.yield(p.id)
    end
end)

local calls = allocate(0)
local compare = ffi.cast("captured_compare_t", function(a, b)
    calls.id = calls.id + 1
    return ffi.cast("const int *", a)[0] - ffi.cast("const int *", b)[0]
end)
calls = calls

local proxy = setmetatable({}, { __index = { shared = allocate(6) } })
local owner = { child = { grandchild = allocate(7) } }
local mine = allocate(8)
local by_object = { [allocate(9)] = "a key" }

local function churn()
    local list = {}
    for i = 1, 2000 do list[i % 50 + 1] = { ffi.new("captured_t", i), tostring(i) } end
    return #list
end

for _ = 1, 10 do
    local numbers = ffi.new("int[5]", 5, 3, 4, 1, 2)
    C.qsort(numbers, 5, 4, compare)
    churn()
    worker()
end
for p in pairs(by_object) do p.id = p.id + 1 end
print(settings.defaults.id, next_id(), worker(), calls.id > 0, proxy.shared.id,
    owner.child.grandchild.id, mine.id, next(by_object).id)
print(n_freed)
