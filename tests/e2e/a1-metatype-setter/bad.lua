-- SPDX-License-Identifier: MIT
-- people: a metatype with a setter, sorted by C's strcmp
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
struct person { const char *name; int age; };
int strcmp(const char *a, const char *b);
]]

local methods = {}

function methods.rename(self, first, family)
    self.name = family .. ", " .. first
    return self
end

function methods.precedes(self, other)
    return C.strcmp(self.name, other.name) < 0
end

local person = ffi.metatype("struct person", {
    __index = methods,
    __tostring = function(self) return ffi.string(self.name) .. " (" .. self.age .. ")" end,
})

local function insert(list, new)
    local at = #list + 1
    for i, other in ipairs(list) do
        if new:precedes(other) then at = i break end
    end
    table.insert(list, at, new)
end

local list = {}
insert(list, person(nil, 36):rename("Ada", "Lovelace"))
insert(list, person(nil, 41):rename("Alan", "Turing"))
insert(list, person(nil, 85):rename("Grace", "Hopper"))
insert(list, person(nil, 72):rename("Edsger", "Dijkstra"))
for _, p in ipairs(list) do print(tostring(p)) end
