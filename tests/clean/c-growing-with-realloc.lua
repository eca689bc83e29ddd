-- SPDX-License-Identifier: MIT
-- A buffer grows by realloc, and the pointer is taken from its answer each time.
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
void *malloc(size_t size);
void *realloc(void *p, size_t size);
void *reallocarray(void *p, size_t n, size_t size);
void free(void *p);
typedef struct { int *items; int n, room; } list_t;
]]

local List = {}
List.__index = List
function List:push(value)
    if self.n == self.room then
        self.room = self.room * 2 + 1
        self.items = ffi.cast("int *", C.realloc(self.items, self.room * 4))
    end
    self.items[self.n] = value
    self.n = self.n + 1
end
function List:sum()
    local sum = 0
    for i = 0, self.n - 1 do sum = sum + self.items[i] end
    return sum
end
local new = ffi.metatype("list_t", List)

local function fill(n)
    local list = new()
    for i = 1, n do list:push(i) end
    local sum = list:sum()
    C.free(list.items)
    return sum
end

local function shrink(n)
    local p = ffi.cast("int *", C.malloc(n * 4))
    for i = 0, n - 1 do p[i] = i end
    local sum = 0
    while n > 1 do
        n = bit.rshift(n, 1)
        p = ffi.cast("int *", C.reallocarray(p, n, 4))
        sum = sum + p[n - 1]
    end
    C.free(p)
    return sum
end

print(fill(10), fill(5000), fill(200000), shrink(100000), shrink(7))
assert(C.realloc(C.malloc(10), 0) == nil)
