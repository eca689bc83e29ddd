-- SPDX-License-Identifier: MIT
-- Results in static memory of which only the newest is used, or which are converted at once.
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
struct tm {
    int tm_sec, tm_min, tm_hour, tm_mday, tm_mon, tm_year, tm_wday, tm_yday, tm_isdst;
    long tm_gmtoff;
    const char *tm_zone;
};
struct tm *gmtime(const long *time);
char *asctime(const struct tm *time);
char *ctime(const long *time);
]]

local function at(seconds) return ffi.new("long[1]", seconds) end

local lines, newest = {}, nil
for i = 1, 80 do
    lines[i] = ffi.string(C.asctime(C.gmtime(at(i * 86400))))
    newest = C.ctime(at(i * 3600))
    local time = C.gmtime(at(i * 100000))
    lines[i] = lines[i] .. time.tm_hour .. time.tm_mday
end
local kept = {}
for i = 1, 5 do kept[i] = C.ctime(at(i)) end -- never used again, but for the last one
print(#table.concat(lines), ffi.string(newest) == ffi.string(kept[5]))
