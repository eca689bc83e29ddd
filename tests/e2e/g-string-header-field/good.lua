-- SPDX-License-Identifier: MIT
-- frames: a flag is set in the header of a frame that is a Lua string
local ffi = require("ffi")

ffi.cdef[[ typedef struct frame_header { uint8_t kind, flags; uint16_t length; } frame_header; ]]

local frames = {}

function frames.mark(frame)
    local copy = ffi.new("char[?]", #frame + 1, frame)
    local header = ffi.cast("frame_header *", copy)
    header.flags = 65
    return ffi.string(copy, #frame)
end

local out = {}
for i = 1, 5 do
    out[i] = frames.mark(string.char(48 + i, 49) .. "12" .. ("payload %d"):format(i))
end
print(table.concat(out, " "))
