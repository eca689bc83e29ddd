-- SPDX-License-Identifier: MIT
-- menu: one slot anchors what should be one anchor per label
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[ size_t strlen(const char *s); ]]

local Menu = {}
Menu.__index = Menu

function Menu.new(n)
    return setmetatable({ n = n, labels = ffi.new("const char *[?]", n), anchor = {} }, Menu)
end

function Menu:fill(titles)
    for i, title in ipairs(titles) do
        local label = ("%d. %s"):format(i, title)
        self.labels[i - 1] = label
        self.anchor[i] = label
    end
end

function Menu:width()
    local width, seen = 0, {}
    for i = 0, self.n - 1 do
        seen[#seen + 1] = ffi.string(self.labels[i], 2)
        width = math.max(width, tonumber(C.strlen(self.labels[i])))
    end
    return width, table.concat(seen, " ")
end

local menu = Menu.new(5)
menu:fill({ "open file", "save", "print preview", "close", "quit" })
print(menu:width())
