-- SPDX-License-Identifier: MIT
-- slots: a limited number of slots is counted; a handle gives its slot back when it is collected
local ffi = require("ffi")

ffi.cdef[[
typedef struct { int slot; double started; unsigned char state[240]; } handle_t;
]]

local Slots = {}
Slots.__index = Slots

function Slots.new(n)
    local self = setmetatable({ free = {} }, Slots)
    for slot = n, 1, -1 do table.insert(self.free, slot) end
    return self
end

function Slots:acquire()
    local slot = table.remove(self.free) or error("no slot is free")
    local handle = ffi.new("handle_t", { slot = slot })
    ffi.gc(handle, function(object) self:give_back(object) end)
    return handle
end

function Slots:give_back(handle) table.insert(self.free, handle.slot) end

local slots = Slots.new(100)

local function serve(request)
    local handle = slots:acquire()
    handle.started = request
    for i = 0, 239 do handle.state[i] = (request + i) % 256 end
    return handle.state[request % 240] + handle.started
end

local sum = 0
for request = 1, 40 do sum = sum + serve(request) end
print(sum)
