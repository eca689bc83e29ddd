-- SPDX-License-Identifier: MIT
-- clock: a broken-down time whose zone name was put together on the way
local ffi = require("ffi")
ffi.cdef[[
struct tm { int tm_sec, tm_min, tm_hour, tm_mday, tm_mon, tm_year, tm_wday, tm_yday, tm_isdst; long tm_gmtoff; const char *tm_zone; };
size_t strftime(char *s, size_t max, const char *format, const struct tm *tm);
struct tm *gmtime_r(const long *t, struct tm *out);
]]
local function make_tm(t, offset)
    local tm = ffi.new("struct tm")
    ffi.C.gmtime_r(ffi.new("long[1]", t + offset), tm)
    tm.tm_gmtoff = offset
    local zone = string.format("X%+03d", offset / 3600)
    tm.tm_zone = zone
    return tm
end
local function format(tm)
    local buf = ffi.new("char[64]")
    local n = ffi.C.strftime(buf, 64, "%Y-%m-%d %H:%M:%S %Z", tm)
    return ffi.string(buf, n)
end
local tm = make_tm(86400 * 365, 7200)
print(format(tm))
print(format(tm))
