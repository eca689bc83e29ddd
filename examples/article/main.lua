-- SPDX-License-Identifier: MIT
-- The program of the article: a module keeps the address of a buffer in a C struct, and nothing
-- else keeps the buffer.  `luajit main.lua` runs the bug, `luajit main.lua mod_fixed` its fix.
package.path = arg[0]:gsub("[^/]*$", "") .. "?.lua;" .. package.path
if not pcall(require, "resty.core.base") then
    package.loaded["resty.core.base"] = require("base")
end

local m = require(arg[1] or 'mod')
print(m.run())
