-- SPDX-License-Identifier: MIT
-- libraries with memory of their own, which nobody but they can free, are unloaded: one after a
-- call, one when the program ends
local ffi = require("ffi")
ffi.cdef [[
int text_remember(const char *text);
int math_on_event(int event, void *context);
]]

local function remember_once(word)
    local plugin = ffi.load("plugin_text")
    local n = plugin.text_remember(word)
    return n
end

local function work(n)
    local rows = {}
    for i = 1, n do rows[i % 16] = { id = i, name = "row " .. i } end
    return rows
end

local seen = 0
for i = 1, 4 do
    seen = seen + math.abs(remember_once("word " .. i))
    work(200)
end
print(seen >= 4)

local plugin = ffi.load("plugin_text")
for _, word in ipairs({ "one", "two", "three", "two" }) do
    print(plugin.text_remember(word) ~= 0)
end
