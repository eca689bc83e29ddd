-- SPDX-License-Identifier: MIT
-- days: how far two times of day are apart, by gmtime(3)
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
struct tm {
    int tm_sec, tm_min, tm_hour, tm_mday, tm_mon, tm_year, tm_wday, tm_yday, tm_isdst;
    long tm_gmtoff;
    const char *tm_zone;
};
struct tm *gmtime(const long *time);
]]

local function broken_down(seconds)
    return ffi.new("struct tm", C.gmtime(ffi.new("long[1]", seconds))[0])
end

local function minutes(time) return time.tm_hour * 60 + time.tm_min end

local function apart(a, b)
    local first, second = broken_down(a), broken_down(b)
    return minutes(second) - minutes(first)
end

print(apart(1000000000, 1000009300))
print(apart(1234567890, 1234571490))
