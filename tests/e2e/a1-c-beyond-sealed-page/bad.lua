-- SPDX-License-Identifier: MIT
-- catalog: names in a C table, whose first page is sealed once it has been filled
local ffi = require("ffi")
local lib = ffi.load("testkeeper")
ffi.cdef[[
const char *keeper_name(int page, int i);
void keeper_set_name(int page, int i, const char *name);
int keeper_protect(int page, int protection);
]]
local NONE, READ_WRITE = 0, 3

local Catalog = { secrets = { "alpha", "beta" } }

function Catalog.seal()
    for i, secret in ipairs(Catalog.secrets) do lib.keeper_set_name(0, i, secret) end
    assert(lib.keeper_protect(0, NONE) == 0)
end

function Catalog.add(i, kind)
    local name = ("%s number %d"):format(kind, i)
    lib.keeper_set_name(1, i, name)
end

function Catalog.name(i) return ffi.string(lib.keeper_name(1, i)) end

Catalog.seal()
for i, kind in ipairs({ "gear", "axle" }) do Catalog.add(i, kind) end
local names = {}
for i = 1, 2 do names[i] = Catalog.name(i) end
print(table.concat(names, ", "), lib.keeper_protect(0, READ_WRITE))
