-- SPDX-License-Identifier: MIT
-- Requests that no LuaJIT can fulfil fail as ever, and the program goes on.
local ffi = require("ffi")

print(pcall(string.rep, "x", 0x7ffffff0))
print(pcall(string.rep, "abc", 2 ^ 52))
print(pcall(ffi.new, "char[?]", 2 ^ 40))
print(pcall(ffi.new, "int[?]", -1))
local ok, new = pcall(require, "table.new")
print(ok, pcall(new, 2 ^ 28, 0))
print(#("still here"):rep(1000))
