-- SPDX-License-Identifier: MIT
-- service: names itself in the system's log, by its role and number
local ffi = require("ffi")
ffi.cdef[[
void openlog(const char *identity, int options, int facility);
void syslog(int priority, const char *format, ...);
void closelog(void);
]]
local LOG_PERROR, LOG_USER, LOG_INFO = 0x20, 8, 6

local Log = {}

function Log.open(role, number) ffi.C.openlog(role .. "-" .. number, LOG_PERROR, LOG_USER) end

function Log.info(format, ...) ffi.C.syslog(LOG_INFO, "%s", format:format(...)) end

local function work(n)
    local done = {}
    for i = 1, n do done[i] = tostring(i * i) end
    return table.concat(done, ",")
end

Log.open("worker", 7)
local squares = work(5)
Log.info("squares are %s", squares)
print(squares)
ffi.C.closelog()
