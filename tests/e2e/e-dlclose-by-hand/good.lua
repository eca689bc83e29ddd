-- SPDX-License-Identifier: MIT
-- plugins: loaded and closed with dlopen and dlclose, while a function of one is still in a table
local ffi = require("ffi")
local C = ffi.C
ffi.cdef[[
void *dlopen(const char *path, int flags);
void *dlsym(void *handle, const char *name);
int dlclose(void *handle);
]]
local RTLD_NOW = 2

local Plugin = {}
Plugin.__index = Plugin

function Plugin.open(path)
    return setmetatable({ handle = C.dlopen(path, RTLD_NOW), functions = {} }, Plugin)
end

function Plugin:get(name, type)
    self.functions[name] = self.functions[name] or ffi.cast(type, C.dlsym(self.handle, name))
    return self.functions[name]
end

function Plugin:close()
    local result = C.dlclose(self.handle)
    return result
end

local function run(plugin, i)
    local scale = plugin:get("math_scale", "int (*)(int, int)")
    local result = scale(i, 2)
    return result
end

local plugin = Plugin.open("libplugin_math.so")
print("open", run(plugin, 5))
local again = run(plugin, 7)
print("closed", plugin:close())
print("again", again)
