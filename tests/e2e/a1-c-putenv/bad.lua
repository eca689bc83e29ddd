-- SPDX-License-Identifier: MIT
-- environment: sets variables for the libraries that a program is about to load
local ffi = require("ffi")
ffi.cdef[[
int putenv(char *assignment);
char *getenv(const char *name);
]]

local Environment = {}

function Environment.set(values)
    for name, value in pairs(values) do
        local assignment = name .. "=" .. value
        ffi.C.putenv(ffi.cast("char *", assignment))
    end
end

function Environment.get(name)
    local value = ffi.C.getenv(name)
    return value ~= nil and ffi.string(value) or "(unset)"
end

local function configure(app, level)
    Environment.set({ [app .. "_LOG_LEVEL"] = tostring(level) })
end

configure("SHOP", 3)
local seen = {}
for _, name in ipairs({ "SHOP_LOG_LEVEL", "SHOP_COLOR", "SHOP_THEME" }) do
    seen[#seen + 1] = Environment.get(name)
end
print(table.concat(seen, " "))
