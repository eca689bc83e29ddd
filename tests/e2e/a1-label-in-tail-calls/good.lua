-- SPDX-License-Identifier: MIT
-- labels: each helper ends in a call, so that none of them is on the stack when C code runs
local ffi = require("ffi")
ffi.cdef [[
typedef struct label { const char *text; int width; } label;
size_t strlen(const char *s);
]]

local Text = {}
function Text.copy(s, n) return ffi.new("char[?]", n, s) end

local Widget = {}
Widget.__index = Widget
function Widget:measure() return ffi.C.strlen(self.label.text) end

local Label = setmetatable({}, Widget)
Label.__index = Label
function Label.new(s)
    local self = setmetatable({ label = ffi.new("label") }, Label)
    local text = Text.copy(s, #s + 1)
    self.label.text, self.text = text, text
    self.label.width = 8 * #s
    return self
end

local function report(labels)
    local out = {}
    for i, label in ipairs(labels) do
        local n = label:measure()
        out[i] = tonumber(n) .. "/" .. label.label.width
    end
    return table.concat(out, " ")
end

local labels = {}
for i, s in ipairs({ "open", "save as", "close" }) do labels[i] = Label.new(s .. "...") end
print(report(labels))
