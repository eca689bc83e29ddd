-- SPDX-License-Identifier: MIT
-- C remembers addresses, of which some are dead, to compare others with them.
local ffi = require("ffi")
local lib = ffi.load("testkeeper")
ffi.cdef[[
int keeper_is_known(const void *address);
void keeper_know(const void *address);
]]

local kept = {}

local function register(n)
    local object = ffi.new("int[?]", n + 1)
    lib.keeper_know(object)
    if n % 3 == 0 then kept[#kept + 1] = object end
end

for n = 1, 30 do register(n) end
local n_known = 0
for _, object in ipairs(kept) do n_known = n_known + lib.keeper_is_known(object) end
print(#kept, n_known, lib.keeper_is_known(nil))
