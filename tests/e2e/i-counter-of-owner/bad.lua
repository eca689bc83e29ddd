-- SPDX-License-Identifier: MIT
-- handles count themselves out when they are collected
local ffi = require("ffi")
ffi.cdef [[
struct owner { int n_open; char name[20]; };
struct handle { struct owner *owner; int id; };
]]

local closed = 0
local Handle = ffi.metatype("struct handle", {
    __gc = function(self)
        self.owner.n_open = self.owner.n_open - 1
        closed = closed + 1
    end,
})

local function session(name)
    local owner = ffi.new("struct owner", 0, name)
    local handles = {}
    for i = 1, 3 do
        local handle = Handle(owner, i)
        owner.n_open = owner.n_open + 1
        handles[i] = handle
    end
    return #handles
end

local n = 0
for i = 1, 4 do n = n + session("session " .. i) end
local work = {}
for i = 1, 3000 do work[i % 9] = { i, "row " .. i } end
print(n, #work)
