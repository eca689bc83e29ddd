-- SPDX-License-Identifier: MIT
-- pricing: a module that hands out a function of a plugin, and forgets the plugin
local ffi = require("ffi")
ffi.cdef[[ int math_scale(int x, int by); ]]

local Pricing = {}
Pricing.__index = Pricing

local plugin = ffi.load("plugin_math")

local function load_scale()
    return plugin.math_scale
end

function Pricing.new(factor)
    return setmetatable({ factor = factor, scale = load_scale(), log = {} }, Pricing)
end

function Pricing:price(amount)
    local result = self.scale(amount, self.factor)
    self.log[#self.log + 1] = ("%d at %d"):format(amount, self.factor)
    return result
end

local function total(pricing, n)
    local sum = 0
    for i = 1, n do sum = sum + pricing:price(i) end
    return sum
end

local pricing = Pricing.new(3)
print("total", total(pricing, 400), #pricing.log, pricing.log[400])
