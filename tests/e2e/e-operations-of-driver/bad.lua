-- SPDX-License-Identifier: MIT
-- drivers: a table of operations in C's shape, filled from a plugin that nobody keeps
local ffi = require("ffi")
ffi.cdef[[
int math_scale(int x, int by);
typedef struct { const char *name; int (*scale)(int x, int by); int calls; } driver_t;
]]

local Drivers = { known = {} }

function Drivers.load(name, file)
    local plugin = ffi.load(file)
    local driver = ffi.new("driver_t")
    driver.name = name
    driver.scale = plugin.math_scale
    Drivers.known[name] = { driver = driver, name = name }
end

function Drivers.run(name, x, by)
    local driver = Drivers.known[name].driver
    driver.calls = driver.calls + 1
    local result = driver.scale(x, by)
    return result
end

local function boot()
    Drivers.load("scaling", "plugin_math")
end

boot()
local log = {}
for i = 1, 200 do log[i % 10] = { "request " .. i } end
print(Drivers.run("scaling", 6, 7))
