-- SPDX-License-Identifier: MIT
-- log: the library copies the struct of its settings, and so the addresses in it
local ffi = require("ffi")
local keeper = ffi.load("testkeeper")

ffi.cdef[[
struct keeper_log_settings { const char *prefix; int *n_lines; };
void keeper_log_set(const struct keeper_log_settings *settings);
int keeper_log_line(const char *text, char *line, size_t size);
]]

local Log = { line = ffi.new("char[80]") }

function Log.open(prefix)
    local n_lines = ffi.new("int[1]")
    local settings = ffi.new("struct keeper_log_settings", prefix, n_lines)
    keeper.keeper_log_set(settings)
    Log.prefix, Log.n_lines = prefix, n_lines
end

function Log.write(...)
    local text = table.concat({ ... }, " ")
    keeper.keeper_log_line(text, Log.line, ffi.sizeof(Log.line))
    return ffi.string(Log.line)
end

Log.open("httpd")
local words = {}
for i = 1, 200 do words[i % 10 + 1] = ("request %d"):format(i) end
print(Log.write("started", "after", unpack(words)))
