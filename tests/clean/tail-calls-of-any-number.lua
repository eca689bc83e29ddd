-- SPDX-License-Identifier: MIT
-- functions that take any number of arguments end in built-in functions
local ffi = require("ffi")
local function new(ct, ...) return ffi.new(ct, ...) end
local function call(f, ...) return f(...) end
local function str(p, ...) return ffi.string(p, ...) end
local out = {}
for i = 1, 60 do local b = call(new, "char[8]", "ab" .. i % 10) out[i] = call(str, b, 3) .. #call(str, b) end
print(table.concat(out, " "))
