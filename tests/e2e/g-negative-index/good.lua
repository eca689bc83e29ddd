-- SPDX-License-Identifier: MIT
-- a ring of counters: the place before the first one is the last one
local ffi = require("ffi")

local Ring = {}
Ring.__index = Ring

local function new(n) return setmetatable({ n = n, at = 0, slots = ffi.new("int32_t[?]", n) }, Ring) end

function Ring:push(value)
    self.slots[(self.at - 1) % self.n] = value
    self.at = (self.at + 1) % self.n
end

local ring = new(16)
ring:push(0)
print(ring.n, ring.at)
