-- SPDX-License-Identifier: MIT
-- scanner: walks over the bytes of a text by pointer
local ffi = require("ffi")

local Scanner = {}
Scanner.__index = Scanner

function Scanner.open(parts)
    local text = table.concat(parts, "\n")
    return setmetatable({
        at = 0,
        size = #text,
        bytes = ffi.cast("const char *", text),
        text = text,
    }, Scanner)
end

function Scanner:count(byte)
    local n = 0
    for i = 0, self.size - 1 do
        if self.bytes[i] == byte then n = n + 1 end
    end
    return n
end

local parts = {}
for i = 1, 200 do parts[i] = ("line %03d of the scanned text"):format(i) end
local scanner = Scanner.open(parts)
local counts = {}
for _, letter in ipairs({ "e", "n", "\n" }) do
    counts[#counts + 1] = scanner:count(letter:byte())
end
print(table.concat(counts, " "))
