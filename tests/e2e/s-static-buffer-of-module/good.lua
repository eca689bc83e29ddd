-- SPDX-License-Identifier: MIT
-- routes: addresses as text, by a function with one buffer for all
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[ const char *inet_ntop(int family, const void *address, char *out, unsigned size); ]]

local net = { buffer = ffi.new("char[46]") }

function net.address(...)
    local bytes = ffi.new("uint8_t[4]", { ... })
    local text = C.inet_ntop(2, bytes, net.buffer, 46)
    return ffi.string(text)
end

local function show(text) return type(text) == "string" and text or ffi.string(text) end

local function route(from, to)
    local source = net.address(unpack(from))
    local target = net.address(unpack(to))
    return show(source) .. " -> " .. show(target)
end

print(route({ 10, 0, 0, 1 }, { 192, 168, 1, 23 }))
print(route({ 127, 0, 0, 1 }, { 8, 8, 8, 8 }))
