-- SPDX-License-Identifier: MIT
-- conf: a module fills in a shared struct and is then loaded afresh
local ffi = require("ffi")
ffi.cdef[[ typedef struct { const char *motd; int level; } conf_t; ]]
local shared = ffi.new("conf_t")
package.preload["conf"] = function()
    local M = { level = 3 }
    M.motd = "welcome, level " .. M.level
    shared.motd = M.motd
    shared.level = M.level
    return M
end
require("conf")
print(shared.level)
package.loaded["conf"] = nil
local function greet() return ffi.string(shared.motd) end
print(greet())
