-- SPDX-License-Identifier: MIT
package.preload["resty.core.base"] = function() return require("base") end

local m = require 'mod_fixed'
print(m.run())
