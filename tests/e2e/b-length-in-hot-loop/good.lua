-- SPDX-License-Identifier: MIT
-- names: measured by C in a small method, in a loop that is compiled when the name is freed
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
char *strdup(const char *text);
size_t strlen(const char *text);
void free(void *p);
]]

local Name = {}
Name.__index = Name

function Name.new(text)
    return setmetatable({ text = C.strdup(text) }, Name)
end

function Name:length()
    local n = C.strlen(self.text)
    return tonumber(n)
end

function Name:close()
    C.free(self.text)
end

local function measure(name, times)
    local total = 0
    for i = 1, times do
        total = total + name:length()
    end
    return total
end

local name = Name.new("forty-two")
local total = measure(name, 300)
total = total + measure(name, 300)
print(total)
name:close()
