-- SPDX-License-Identifier: MIT
-- arrays: owners are kept by a weak-keyed table, one of them under no key
local ffi = require("ffi")
ffi.cdef[[ typedef struct { int *data; int n; } arr_t; ]]
local owner = setmetatable({}, { __mode = "k" })
local A = ffi.metatype("arr_t", { __index = {
    head = function(a, k)
        local h = ffi.new("arr_t", a.data, k)
        return h
    end,
    sum = function(a) local s = 0; for i = 0, a.n - 1 do s = s + a.data[i] end return s end,
} })
local function make(n)
    local d = ffi.new("int[?]", n)
    for i = 0, n - 1 do d[i] = i end
    local a = A(d, n)
    owner[a] = d
    return a
end
local h = make(10):head(4)
local w = "w" .. tostring(h.n)
print(w, h:sum())
