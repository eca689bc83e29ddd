-- SPDX-License-Identifier: MIT
-- layer: a dense layer of a network, evaluated in a compiled loop
local ffi = require("ffi")

ffi.cdef[[
struct layer { int n; float bias; float *weights; };
]]

local function layer(n, seed)
    local weights = ffi.new("float[?]", n)
    for i = 0, n - 1 do
        seed = (seed * 1103 + 12345) % 65536
        weights[i] = seed / 65536 - 0.5
    end
    local l = ffi.new("struct layer", n, 0.5, weights)
    return l, weights
end

local function forward(l, input)
    local sum = l.bias
    for i = 0, l.n - 1 do
        sum = sum + l.weights[i] * input[i]
    end
    return sum
end

local function main()
    local net, input = {}, ffi.new("float[256]")
    for i = 0, 255 do input[i] = (i % 7) / 7 end
    local weights = {}
    for i = 1, 3 do net[i], weights[i] = layer(256, i) end
    for round = 1, 40 do
        for i = 1, 3 do net[i].bias = forward(net[i], input) / 256 end
    end
    for i = 1, 3 do print(("%.5f"):format(net[i].bias)) end
    return weights
end

main()
