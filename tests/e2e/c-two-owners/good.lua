-- SPDX-License-Identifier: MIT
-- cache: two wrappers of one address, each with a finalizer
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
char *strdup(const char *text);
void free(void *p);
size_t strlen(const char *text);
]]

local Text = {}
Text.__index = Text

local function wrap(pointer)
    return setmetatable({ p = ffi.gc(pointer, C.free) }, Text)
end

function Text.new(text) return wrap(C.strdup(text)) end
function Text:length() return tonumber(C.strlen(self.p)) end
function Text:view(type) return setmetatable({ p = ffi.cast(type, self.p), of = self }, Text) end

local function lengths(names)
    local sum = 0
    for _, name in ipairs(names) do
        local text = Text.new(name .. "/" .. #name)
        local same = text:view("void *")
        sum = sum + text:length() + same:length()
    end
    return sum
end

print(lengths({ "alpha", "beta", "gamma", "delta", "epsilon" }))
