-- SPDX-License-Identifier: MIT
-- Answers that belong to libc: environment, error texts, names of signals, time.
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
char *getenv(const char *name);
int setenv(const char *name, const char *value, int overwrite);
int unsetenv(const char *name);
const char *gai_strerror(int code);
char *strsignal(int number);
struct tm *gmtime(const long *time);
char *asctime(const struct tm *tm);
]]

local sum = 0
for i = 1, 40 do
    C.setenv("GREETING", ("hello %d"):format(i), 1)
    sum = sum + #ffi.string(C.getenv("GREETING"))
    sum = sum + #ffi.string(C.gai_strerror(-(i % 8) - 1)) * 0 + #ffi.string(C.strsignal(i % 15 + 1))
    sum = sum + #ffi.string(C.asctime(C.gmtime(ffi.new("long[1]", i * 86400))))
end
C.unsetenv("GREETING")
print(sum, C.getenv("GREETING") == nil)
