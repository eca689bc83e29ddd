-- SPDX-License-Identifier: MIT
-- a struct of C is declared as so many bytes, and there are more
local ffi = require("ffi")
ffi.cdef [[
typedef struct { char opaque[48]; } any_time;
any_time *gmtime_r(const long *seconds, any_time *out);
]]

local function year_of(seconds)
    local out = ffi.new("any_time")
    ffi.C.gmtime_r(ffi.new("long[1]", seconds), out)
    return ffi.cast("int *", out)[5] + 1900
end

for _, seconds in ipairs({ 0, 1e9 }) do print(year_of(seconds)) end
