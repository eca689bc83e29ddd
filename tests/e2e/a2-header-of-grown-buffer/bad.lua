-- SPDX-License-Identifier: MIT
-- frames: the length goes into the header, which moved when the buffer grew
local ffi = require("ffi")
local buffer = require("string.buffer")

local function frame(parts)
    local out = buffer.new(32)
    out:put("\0\0")
    local header = out:ref()
    for _, part in ipairs(parts) do out:put(part) end
    header[0] = #out % 256
    header[1] = math.floor(#out / 256)
    return #out
end

print(frame({ ("a"):rep(40), ("b"):rep(300) }))
