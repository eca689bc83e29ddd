-- SPDX-License-Identifier: MIT
-- A ring buffer of string pointers; a parallel Lua ring keeps exactly the strings in it.
local ffi = require("ffi")

local N = 8
local ring = { c = ffi.new("const char *[?]", N), lua = {}, head = 0 }

function ring.push(text)
    local slot = ring.head % N
    ring.lua[slot], ring.c[slot] = text, text
    ring.head = ring.head + 1
end

function ring.last(n)
    local out = {}
    for i = 1, n do out[i] = ffi.string(ring.c[(ring.head - i) % N]) end
    return table.concat(out, " ")
end

for i = 1, 300 do
    ring.push(("event-%d"):format(i * 3))
    if i % 60 == 0 then print(ring.last(4)) end
end
print(ring.last(N))
