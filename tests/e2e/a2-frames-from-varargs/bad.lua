-- SPDX-License-Identifier: MIT
-- frames of a protocol: made in a function that takes any number of arguments, shown by a metamethod
local ffi = require("ffi")
ffi.cdef[[ struct frame { uint8_t kind, flags; uint16_t size; }; ]]

local function frame(...)
    return ffi.new("struct frame[1]", { { ... } })
end

local Message = {}
Message.__index = Message

function Message.__tostring(message)
    local first = message.frame
    if first.size > 99 then return "large" end
    return ffi.string(first, 2)
end

local function message(...)
    local frames = frame(...)
    return setmetatable({ frame = frames[0] }, Message)
end

local queue = {}
for i = 1, 6 do queue[i] = message(64 + i, 48 + i, i) end
for i = 1, 6 do print(queue[i]) end
