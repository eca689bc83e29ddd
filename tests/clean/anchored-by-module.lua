-- SPDX-License-Identifier: MIT
-- One module stores the address, another keeps the object: package.loaded is the path.
local ffi = require("ffi")

ffi.cdef[[ struct theme { const char *font; int size; }; ]]

package.preload["app.fonts"] = function()
    local fonts = { names = {} }
    function fonts.get(family, weight)
        local name = family .. "-" .. weight
        fonts.names[#fonts.names + 1] = name
        return name
    end
    return fonts
end

package.preload["app.theme"] = function()
    local theme = { c = ffi.new("struct theme") }
    function theme.set(family, weight, size)
        theme.c.font, theme.c.size = require("app.fonts").get(family, weight), size
    end
    return theme
end

require("app.theme").set("Serif", "Bold", 11)
local noise = {}
for i = 1, 1500 do noise[i % 30] = { "noise " .. i } end
local theme = require("app.theme").c
print(ffi.string(theme.font), theme.size)
