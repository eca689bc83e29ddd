-- SPDX-License-Identifier: MIT
-- graph: an iterator that hands out pointers into its array
local ffi = require("ffi")
ffi.cdef[[ typedef struct { int id; float w; } edge; ]]
local function edges(n)
    local arr = ffi.new("edge[?]", n)
    for i = 0, n - 1 do arr[i].id, arr[i].w = i, i / 2 end
    local p, stop = arr + 0, arr + n
    return function()
        if p == stop then return nil end
        local e = p
        p = p + 1
        return e
    end
end
local s = 0
for e in edges(9) do s = s + e.id * e.w end
print(s)
