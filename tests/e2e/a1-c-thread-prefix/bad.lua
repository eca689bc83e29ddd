-- SPDX-License-Identifier: MIT
-- log: a prefix for the lines of this thread
local ffi = require("ffi")
local lib = ffi.load("testkeeper")
ffi.cdef[[
void keeper_log_prefix(const char *prefix);
int keeper_log_format(char *line, size_t size, const char *message);
]]

local Log = {}

function Log.enter(section, id)
    local prefix = ("%s#%03d"):format(section, id)
    lib.keeper_log_prefix(prefix)
end

function Log.format(message)
    local line = ffi.new("char[100]")
    local n = lib.keeper_log_format(line, 100, message)
    return ffi.string(line, n)
end

local lines = {}
Log.enter("import", 12)
for _, table_name in ipairs({ "users", "orders" }) do
    lines[#lines + 1] = Log.format("reading " .. table_name)
end
print(table.concat(lines, "; "))
