-- SPDX-License-Identifier: MIT
-- All callback slots can be taken at once, also after many have been freed; what is one too many
-- is an error as always.  A state of its own has its own slots.  (Made in many places, so that none
-- of them looks like a leak; each is freed.)
local ffi = require("ffi")
local fn_t = ffi.typeof("int (*)(int)")

local makers = {}
for i = 1, 64 do
    makers[i] = assert(loadstring("local ffi, fn_t = ... return ffi.cast(fn_t, function(x) return x + " .. i .. " end)"))
end

local function fill(n)
    local all, sum = {}, 0
    for i = 1, n do all[i] = makers[i % 64 + 1](ffi, fn_t) end
    for i = 1, n do sum = sum + all[i](i) end
    return all, sum
end

local function drain(all)
    for i = 1, #all do all[i]:free() end
end

for _, n in ipairs({ 200, 800, 896 }) do
    local all, sum = fill(n)
    if n == 896 then print(n, sum, all[1] ~= all[2]) else print(n, sum) end
    drain(all)
end
-- In a table: the functions are found when the cdata is initialized.
local functions = {}
for i = 1, 300 do functions[i] = function(x) return x * i end end
local first = ffi.new("int (*[300])(int)", functions)
local second = ffi.new("int (*[300])(int)", functions)
print(first[0](2), first[299](2), second[299](3))
for i = 0, 299 do
    first[i]:free()
    second[i]:free()
end
local struct = ffi.new("struct { int (*a)(int), (*b)(int); }", { a = functions[1], b = functions[2] })
struct.a = functions[3]
print(struct.a(5), struct.b(5))
