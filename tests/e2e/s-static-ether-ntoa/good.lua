-- SPDX-License-Identifier: MIT
-- neighbours: are two hardware addresses the same?
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
struct ether_addr { uint8_t octet[6]; };
char *ether_ntoa(const struct ether_addr *address);
int strcmp(const char *a, const char *b);
]]

local function hardware(...) return ffi.new("struct ether_addr", { { ... } }) end

local neighbours = {}

function neighbours.is_same(a, b)
    return ffi.string(C.ether_ntoa(a)) == ffi.string(C.ether_ntoa(b))
end

function neighbours.count_changes(list)
    local n = 0
    for i = 2, #list do
        if not neighbours.is_same(list[i - 1], list[i]) then n = n + 1 end
    end
    return n
end

print(neighbours.count_changes({
    hardware(1, 2, 3, 4, 5, 6), hardware(0x52, 0x54, 0, 1, 2, 3), hardware(0x52, 0x54, 0, 9, 2, 3),
}))
