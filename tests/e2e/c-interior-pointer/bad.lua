-- SPDX-License-Identifier: MIT
-- fields: skips the blanks at the start of a copy, and frees what it has come to
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
char *strdup(const char *text);
void free(void *p);
]]

local fields = {}

function fields.value(line)
    local text = C.strdup(line)
    while text[0] == 32 do text = text + 1 end
    local value = ffi.string(text)
    C.free(text)
    return value
end

local values = {}
for i, line in ipairs({ "name", "  ada", "    grace", "edsger" }) do
    values[i] = fields.value(line)
end
print(table.concat(values, ","))
