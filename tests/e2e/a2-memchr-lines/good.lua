-- SPDX-License-Identifier: MIT
-- lines: an iterator over the lines of a text, by memchr(3)
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[ void *memchr(const void *s, int c, size_t size); ]]

local function lines(text)
    local at, left = ffi.cast("const char *", text), #text
    return function()
        if left <= 0 then return nil end
        local stop = C.memchr(at, 10, left)
        local size = stop ~= nil and ffi.cast("const char *", stop) - at or left
        local line = ffi.string(at, size)
        at, left = at + size + 1, left - size - 1
        if left <= 0 then text = nil end
        return line
    end
end

local function document(n)
    local rows = {}
    for i = 1, n do rows[i] = "row " .. i end
    local text = table.concat(rows, "\n")
    return text
end

local n = 0
for line in lines(document(7)) do
    n = n + 1
    print(n, line)
end
