-- SPDX-License-Identifier: MIT
-- Both ends of a connection, by inet_ntoa(3), which has one buffer for all of its results.
local ffi = require("ffi")
local C = ffi.C

ffi.cdef [[
struct in_addr { uint8_t byte[4]; };
char *inet_ntoa(struct in_addr address);
]]

local fixed = arg[1] == "fixed"

local function text_of(...)
    local text = C.inet_ntoa(ffi.new("struct in_addr", { { ... } }))
    return fixed and ffi.string(text) or text
end

local from, to = text_of(10, 0, 0, 1), text_of(192, 168, 1, 23)
local first = fixed and from or ffi.string(from)
print(first .. " -> " .. (fixed and to or ffi.string(to)))
