-- SPDX-License-Identifier: MIT
-- players: objects by the number of their address
local ffi = require("ffi")
ffi.cdef[[ typedef struct player { int hp, mp; char name[16]; } player; ]]
local Registry = {}
Registry.__index = Registry
function Registry.new() return setmetatable({ handles = {}, objs = {} }, Registry) end
function Registry:create(name, hp)
    local p = ffi.new("player", hp, 10, name)
    local h = tonumber(ffi.cast("intptr_t", ffi.cast("void *", p)))
    self.handles[name] = h
    self.objs[h] = p
    return h
end
function Registry:hp(name)
    local p = ffi.cast("player *", self.handles[name])
    return p.hp, ffi.string(p.name)
end
local r = Registry.new()
for i = 1, 8 do r:create("p" .. i, i * 10) end
for i = 1, 8 do print(r:hp("p" .. i)) end
