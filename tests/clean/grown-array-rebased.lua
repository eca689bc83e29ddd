-- SPDX-License-Identifier: MIT
-- A cursor and a base pointer move with an array that grows.
local ffi = require("ffi")
ffi.cdef[[ typedef struct { int *data; int *cur; int cap; } gv; ]]
local g, anchor = ffi.new("gv"), nil
local function push(v)
    local n = tonumber(g.cur - g.data)
    if n >= g.cap then
        local cap = g.cap * 2 + 2
        local d = ffi.new("int[?]", cap)
        if n > 0 then ffi.copy(d, g.data, n * 4) end
        anchor = d
        g.data, g.cur, g.cap = d, d + n, cap
    end
    g.cur[0] = v
    g.cur = g.cur + 1
end
for i = 1, 300 do push(i) end
print(tonumber(g.cur - g.data), anchor[299])
