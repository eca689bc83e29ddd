-- SPDX-License-Identifier: MIT
-- Pages of a C table are read-only or closed, with addresses in them of what is gone.
local ffi = require("ffi")
local lib = ffi.load("testkeeper")
ffi.cdef[[
const char *keeper_name(int page, int i);
void keeper_set_name(int page, int i, const char *name);
int keeper_protect(int page, int protection);
]]
local NONE, READ, READ_WRITE = 0, 1, 3

local kept = {}

local function fill(page, n)
    for i = 0, n - 1 do
        local name = ("name %d of page %d"):format(i, page)
        lib.keeper_set_name(page, i, name)
        if i == 0 then kept[page] = name end
    end
end

for page = 0, 3 do fill(page, 5) end
lib.keeper_protect(1, READ)
lib.keeper_protect(2, NONE)
local names = {}
for i = 1, 40 do names[i] = ("%d"):format(i) end
lib.keeper_protect(2, READ_WRITE)
for page = 0, 3 do print(ffi.string(lib.keeper_name(page, 0))) end
print(#names, lib.keeper_protect(1, READ_WRITE))
