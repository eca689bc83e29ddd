-- SPDX-License-Identifier: MIT
-- backends: probes what is installed, and reports it later
local ffi = require("ffi")
ffi.cdef[[ const char *text_version(void); ]]

local Backend = {}
Backend.__index = Backend

function Backend.probe(name)
    local library = ffi.load(name)
    return setmetatable({ name = name, version = library.text_version() }, Backend)
end

function Backend:describe()
    return ("%s is %s"):format(self.name, ffi.string(self.version))
end

local function settings(n)
    local out = {}
    for i = 1, n do out["option_" .. i] = { value = i, text = tostring(i) } end
    return out
end

local backend = Backend.probe("plugin_text")
local options = settings(300)
print(backend:describe(), options.option_300.text)
