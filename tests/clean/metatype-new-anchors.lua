-- SPDX-License-Identifier: MIT
-- A constructor keeps the buffer of each object in a weak-keyed table.
local ffi = require("ffi")
ffi.cdef[[ typedef struct { uint8_t *data; int n; } bytes_t; ]]

local buffers = setmetatable({}, { __mode = "k" })

local bytes = ffi.metatype("bytes_t", {
    __new = function(ctype, n)
        local data = ffi.new("uint8_t[?]", n)
        local self = ffi.new(ctype, data, n)
        buffers[self] = data
        return self
    end,
    __index = function(self, i) return self.data[i] end,
    __newindex = function(self, i, value) self.data[i] = value end,
    __len = function(self) return self.n end,
})

local sum = 0
for i = 1, 200 do
    local b = bytes(i)
    b[i - 1] = i
    sum = sum + b[i - 1] + #b
end
print(sum)
