-- SPDX-License-Identifier: MIT
-- Every string whose address goes to C is interned in a table first.
local ffi = require("ffi")

ffi.cdef[[ struct symbol { const char *name; int uses; }; ]]

local Symbols = { by_name = {}, c = ffi.new("struct symbol[64]"), n = 0 }

function Symbols.intern(name)
    local at = Symbols.by_name[name]
    if not at then
        at = Symbols.n
        Symbols.by_name[name], Symbols.n = at, at + 1
        Symbols.c[at].name = name
    end
    Symbols.c[at].uses = Symbols.c[at].uses + 1
    return Symbols.c[at].name
end

local same = 0
for i = 1, 640 do
    local name = "sym_" .. i % 64
    local a, b = Symbols.intern(name), Symbols.intern(("sym_%d"):format(i % 64))
    if a == b then same = same + 1 end
end
local names = {}
for i = 0, 63, 9 do
    local symbol = Symbols.c[i]
    names[#names + 1] = ffi.string(symbol.name) .. ":" .. symbol.uses
end
print(Symbols.n, same, table.concat(names, " "))
