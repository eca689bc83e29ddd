-- SPDX-License-Identifier: MIT
-- network: the layers come from one function, and one of them is forgotten
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
void *calloc(size_t n, size_t size);
void free(void *p);
typedef struct { int n; float weights[31]; } layer_t;
]]

local function layer(n)
    return ffi.cast("layer_t *", C.calloc(n, ffi.sizeof("layer_t")))
end

local Network = {}
Network.__index = Network

function Network.new(n)
    local network = setmetatable({}, Network)
    network.input = layer(n)
    network.hidden = layer(2 * n)
    network.output = layer(n)
    return network
end

function Network:run(x)
    self.input[0].n = x
    self.output[0].n = self.input[0].n + self.hidden[0].n
    return self.output[0].n
end

function Network:close()
    C.free(self.input)
    C.free(self.hidden)
    C.free(self.output)
    self.input, self.hidden, self.output = nil, nil, nil
end

local sum = 0
for n = 1, 6 do
    local network = Network.new(n)
    sum = sum + network:run(n)
    network:close()
end
print(sum)
