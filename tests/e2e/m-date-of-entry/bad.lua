-- SPDX-License-Identifier: MIT
-- dates are formatted from one struct tm, those of the log of closed accounts as well
local ffi = require("ffi")
ffi.cdef [[
struct tm {
    int tm_sec, tm_min, tm_hour, tm_mday, tm_mon, tm_year, tm_wday, tm_yday, tm_isdst;
    long tm_gmtoff;
    const char *tm_zone;
};
size_t strftime(char *out, size_t size, const char *format, const struct tm *time);
]]

local date = ffi.new("struct tm")

local function format_date(year, month, day)
    date.tm_year = year - 1900
    date.tm_mon = month - 1
    date.tm_mday = day
    local lines = { year .. " AD", "month " .. month, {} }
    local out = ffi.new("char[?]", 32)
    local n = ffi.C.strftime(out, 32, "%Y-%m-%d", date)
    return ffi.string(out, n), lines
end

local closed = 0
local function account(number)
    local proxy = newproxy(true)
    getmetatable(proxy).__gc = function()
        format_date(1970 + number % 30, 1, 1)
        closed = closed + 1
    end
    return proxy
end

local entries = {}
for i = 1, 300 do
    local owner = account(i)
    local text = format_date(2000 + i % 20, i % 12 + 1, i % 28 + 1)
    entries[i % 6 + 1] = { owner ~= nil, text }
end
print(#entries, closed > 0)
