-- SPDX-License-Identifier: MIT
-- edit: uses Neovim's Lua as plugins do: buffers, regular expressions, the FFI, timers, JSON
local ffi = require("ffi")
local api = vim.api

ffi.cdef[[
struct edit_mark { int line, column; const char *label; };
size_t strlen(const char *s);
]]

local lines = {}
for i = 1, 300 do lines[i] = ("line %d has %d squared as %d"):format(i, i, i * i) end
api.nvim_buf_set_lines(0, 0, -1, false, lines)
vim.cmd([[%s/line \(\d\+\)/row \1/g]])
vim.cmd([[g/7/normal! A seven]])

local marks = {}
for i, line in ipairs(api.nvim_buf_get_lines(0, 0, -1, false)) do
    local column = line:find("seven", 1, true)
    if column then
        marks[#marks + 1] = { text = line, c = ffi.new("struct edit_mark", i, column, line) }
    end
end
local total = 0
for _, mark in ipairs(marks) do total = total + tonumber(ffi.C.strlen(mark.c.label)) end
print(#marks, total, "\n")

local fired = 0
local timer = vim.loop.new_timer()
timer:start(0, 1, vim.schedule_wrap(function()
    if fired == 5 then return end
    fired = fired + 1
    api.nvim_buf_set_lines(0, 0, 1, false, { "fired " .. fired })
    if fired == 5 then timer:stop() end
end))
print(vim.wait(5000, function() return fired >= 5 end, 1), "\n")
timer:close()

print(api.nvim_buf_get_lines(0, 0, 1, false)[1], "\n")
local copy = vim.fn.json_decode(vim.fn.json_encode({ a = { 1, 2, 3 }, b = "text" }))
print(copy.b, #copy.a, vim.fn.substitute("one two", "two", "three", ""), "\n")
print(#vim.split(table.concat(lines, "\n"), "\n"), vim.deep_equal(lines, vim.deepcopy(lines)), "\n")
