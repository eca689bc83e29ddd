-- SPDX-License-Identifier: MIT
-- mixer: channels are views of frames with a finalizer, mixed in a loop that is compiled
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
void *calloc(size_t n, size_t size);
void free(void *p);
typedef struct { float left[64]; float right[64]; } frame_t;
]]

local function frame(seed)
    local f = ffi.gc(ffi.cast("frame_t *", C.calloc(1, ffi.sizeof("frame_t"))), C.free)
    for i = 0, 63 do f.left[i], f.right[i] = (seed + i) % 16, (seed * i) % 8 end
    return f.left, f.right
end

local function mix(n)
    local channels = {}
    for i = 1, n do
        local left, right = frame(i)
        channels[#channels + 1] = left
        channels[#channels + 1] = right
    end
    local sum = 0
    for _, channel in ipairs(channels) do
        for i = 0, 63 do sum = sum + channel[i] end
    end
    return sum
end

print(mix(10))
