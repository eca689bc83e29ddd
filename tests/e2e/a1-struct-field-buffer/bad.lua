-- SPDX-License-Identifier: MIT
-- ring: audio samples on their way to a device
local ffi = require("ffi")

ffi.cdef[[
struct ring { unsigned head, size; int16_t *frames; };
]]

local ring = {}

function ring.create(size)
    local r = ffi.new("struct ring")
    r.size = size
    r.frames = ffi.new("int16_t[?]", size)
    return { c = r, writes = 0 }
end

function ring.write(self, samples)
    local n = #samples
    local chunk = ffi.new("int16_t[?]", n, samples)
    ffi.copy(self.c.frames + self.c.head, chunk, n * 2)
    self.c.head = (self.c.head + n) % self.c.size
    self.writes = self.writes + 1
end

function ring.level(self)
    local sum = 0
    for i = 0, self.c.size - 1 do
        sum = sum + math.abs(self.c.frames[i])
    end
    return sum
end

local function play(tone)
    local r = ring.create(64)
    for step = 1, 4 do
        local samples = {}
        for i = 1, 16 do samples[i] = math.floor(100 * math.sin(tone * (step * 16 + i))) end
        ring.write(r, samples)
    end
    return r.writes, ring.level(r)
end

print(play(0.25))
