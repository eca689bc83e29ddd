-- SPDX-License-Identifier: MIT
-- messages: formatted by C, never freed; the program ends by exit before a collection has begun
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
int asprintf(char **out, const char *format, ...);
void free(void *p);
]]

local function message(number, text)
    local out = ffi.new("char *[1]")
    local n = C.asprintf(out, "%03d %s", ffi.cast("int", number), text)
    local line = ffi.string(out[0], n)
    return line
end

local function main()
    for i, text in ipairs({ "started", "ready", "stopped" }) do print(message(i, text)) end
end

main()
os.exit(0)
