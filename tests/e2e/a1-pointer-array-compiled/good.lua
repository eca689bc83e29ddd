-- SPDX-License-Identifier: MIT
-- bodies: a small n-body world; the step runs compiled
local ffi = require("ffi")

ffi.cdef[[
struct body { double x, v, mass; };
]]

local World = {}
World.__index = World

function World.new(n)
    local self = setmetatable({ n = n, bodies = ffi.new("struct body *[?]", n), all = {} }, World)
    for i = 0, n - 1 do
        local body = ffi.new("struct body")
        body.x, body.v, body.mass = i, 0, 1 + i % 3
        self.bodies[i] = body
        self.all[i] = body
    end
    return self
end

function World:step(dt)
    for i = 0, self.n - 1 do
        local body = self.bodies[i]
        body.v = body.v - dt * body.x / body.mass
        body.x = body.x + dt * body.v
    end
end

function World:energy()
    local sum = 0
    for i = 0, self.n - 1 do
        local body = self.bodies[i]
        sum = sum + body.mass * body.v * body.v + body.x * body.x
    end
    return sum
end

local world = World.new(24)
local history = {}
for i = 1, 400 do
    world:step(0.01)
    if i % 100 == 0 then history[#history + 1] = ("%.6f"):format(world:energy()) end
end
print(table.concat(history, " "))
