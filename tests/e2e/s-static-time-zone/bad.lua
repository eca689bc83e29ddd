-- SPDX-License-Identifier: MIT
-- zone: how many minutes local time is ahead, by localtime(3) and gmtime(3), which share a struct
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
struct tm {
    int tm_sec, tm_min, tm_hour, tm_mday, tm_mon, tm_year, tm_wday, tm_yday, tm_isdst;
    long tm_gmtoff;
    const char *tm_zone;
};
struct tm *gmtime(const long *time);
struct tm *localtime(const long *time);
int setenv(const char *name, const char *value, int overwrite);
void tzset(void);
]]

local function at(seconds) return ffi.new("long[1]", seconds) end

local function ahead(seconds)
    local here, there = C.localtime(at(seconds)), C.gmtime(at(seconds))
    return (here.tm_hour - there.tm_hour) * 60 + here.tm_min - there.tm_min
end

C.setenv("TZ", "XYZ-3:30", 1)
C.tzset()
print(ahead(1000000000), ahead(1200000000))
