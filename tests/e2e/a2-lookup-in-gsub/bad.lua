-- SPDX-License-Identifier: MIT
-- templates: the values of variables are slices of one buffer
local ffi = require("ffi")

local Vars = {}
Vars.__index = Vars

local function parse(text)
    local buffer = ffi.new("char[?]", #text + 1, text)
    local at, slices, base = 0, {}, ffi.cast("const char *", buffer)
    for name, value in text:gmatch("(%w+)=(%w+);") do
        slices[name] = { at = base + at + #name + 1, size = #value }
        at = at + #name + #value + 2
    end
    return setmetatable({ slices = slices, size = at }, Vars)
end

function Vars:expand(template)
    local slices = self.slices
    return (template:gsub("%$(%w+)", function(name)
        local slice = slices[name]
        if not slice then return end
        return ffi.string(slice.at, slice.size)
    end))
end

local vars = parse("user=ada;host=engine;port=1843;")
for _, template in ipairs { "$user@$host", "$host:$port", "$none" } do print(vars:expand(template)) end
