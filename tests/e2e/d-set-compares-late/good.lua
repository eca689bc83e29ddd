-- SPDX-License-Identifier: MIT
-- atexit with a callback that cleanup frees
local ffi = require("ffi")
ffi.cdef[[ typedef int (*cmp_t)(const void *, const void *); void *lfind(const void *, const void *, size_t *, size_t, cmp_t); typedef struct { cmp_t cmp; int n; } set_t; ]]
local Set = {}
Set.__index = Set
local function new(f)
    local self = setmetatable({ raw = ffi.new("set_t"), a = ffi.new("int[16]") }, Set)
    self.cb = ffi.cast("cmp_t", f)
    self.raw.cmp = self.cb
    for i = 0, 15 do self.a[i] = i * i end
    return self
end
function Set:has(v)
    local k, n = ffi.new("int[1]", v), ffi.new("size_t[1]", 16)
    local p = ffi.C.lfind(k, self.a, n, 4, self.raw.cmp)
    return p ~= nil
end
function Set:close()
    self.cb:free()
    self.cb, self.raw.cmp = nil, nil
end
local s = new(function(a, b) return ffi.cast("const int *", a)[0] == ffi.cast("const int *", b)[0] and 0 or 1 end)
print(s:has(49), s:has(50))
s:close()
print(true)
