-- SPDX-License-Identifier: MIT
-- string.buffer: growth, peeking at its memory, encoding.
local ok, buffer = pcall(require, "string.buffer")
if not ok then
    print("no string.buffer here")
    return
end
local ffi = require("ffi")

local b = buffer.new()
for i = 1, 2000 do b:put("item ", i, ";") end
local p, n = b:ref()
local sum = 0
for i = 0, n - 1 do sum = sum + p[i] end
print(#b, n, sum, b:get(7), b:get(7))

local q, room = b:reserve(64)
ffi.copy(q, "straight into the buffer", 24)
b:commit(24)
print(room >= 64, tostring(b):sub(-24))

local data = { 1, 2, { name = "three", list = { 4, 5, "six" } }, pi = 3.25 }
local copy = buffer.decode(buffer.encode(data))
print(copy[3].name, copy[3].list[3], copy.pi, #buffer.encode(data))
b:reset()
print(#b, #b:put("x"):skip(1))
