-- SPDX-License-Identifier: MIT
-- settings: frees what getenv(3) returned
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
char *getenv(const char *name);
void free(void *p);
]]

local settings = {}

function settings.get(name, default)
    local value = C.getenv(name)
    if value == nil then return default end
    local text = ffi.string(value)
    C.free(value)
    return text
end

print(#settings.get("PATH", "") > 0, settings.get("NO_SUCH_SETTING", "none"))
