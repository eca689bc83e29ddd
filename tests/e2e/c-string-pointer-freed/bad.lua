-- SPDX-License-Identifier: MIT
-- options: a value is freed when it is replaced, although the first one is a Lua string
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
char *strdup(const char *text);
void free(void *p);
typedef struct { char *value; } option_t;
]]

local Option = {}
Option.__index = Option

local default = "localhost:" .. tostring(8000 + 80)

function Option.new()
    local option = ffi.new("option_t")
    option.value = ffi.cast("char *", default)
    return setmetatable({ option = option }, Option)
end

function Option:set(text)
    C.free(self.option.value)
    self.option.value = C.strdup(text)
end

function Option:get() return ffi.string(self.option.value) end

local option = Option.new()
print(option:get())
option:set("example.org:443")
print(option:get())
option:set("example.com:80")
print(option:get(), default)
C.free(option.option.value)
