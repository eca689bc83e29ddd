-- SPDX-License-Identifier: MIT
-- Only a closure's upvalue keeps the buffer that a struct points to.
local ffi = require("ffi")

ffi.cdef[[ struct sink { char *out; int used; }; ]]

local function writer(size)
    local sink, memory = ffi.new("struct sink"), ffi.new("char[?]", size)
    sink.out = memory
    local function room() return ffi.sizeof(memory) - sink.used end
    return sink, room
end

local function put(sink, room, text)
    if room() < #text then return false end
    ffi.copy(sink.out + sink.used, text, #text)
    sink.used = sink.used + #text
    return true
end

local sinks = {}
for i = 1, 5 do sinks[i] = { writer(i * 8) } end
for round = 1, 8 do
    for i, s in ipairs(sinks) do put(s[1], s[2], ("r%d"):format(round)) end
end
for _, s in ipairs(sinks) do print(s[1].used, s[2](), ffi.string(s[1].out, s[1].used)) end
