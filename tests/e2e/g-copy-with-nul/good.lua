-- SPDX-License-Identifier: MIT
-- names in fixed fields: ffi.copy takes the NUL along
local ffi = require("ffi")

local Names = {}
Names.__index = Names

local function new(name)
    local data = ffi.new("char[?]", #name + 1)
    ffi.copy(data, name)
    return setmetatable({ data = data, size = #name }, Names)
end

function Names:text() return ffi.string(self.data, self.size) end

local list = {}
for _, name in ipairs({ "anna", "berta", "clementine" }) do list[#list + 1] = new(name) end
for _, entry in ipairs(list) do print(entry:text()) end
