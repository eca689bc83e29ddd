-- SPDX-License-Identifier: MIT
-- many callbacks of one place that are in use until the end: C memory, the kernel, a struct and a
-- table have them
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
typedef void (*handler_fn)(int number);
handler_fn signal(int number, handler_fn handler);
int raise(int number);
void *malloc(size_t n);
]]

local seen = 0
local function make() -- one place for all of them
    return ffi.cast("handler_fn", function(number) seen = seen + number end)
end

local function in_kernel()
    for number = 35, 60 do C.signal(number, make()) end
end

local table_of_c = ffi.cast("handler_fn *", C.malloc(30 * 8))
local fields = ffi.new("struct { handler_fn list[30]; }")
local kept = {}
for i = 0, 29 do
    table_of_c[i] = make()
    fields.list[i] = make()
    kept[i] = make()
end
in_kernel()
C.raise(40)
table_of_c[3](1)
fields.list[29](2)
kept[7](3)
print(seen, #kept)
