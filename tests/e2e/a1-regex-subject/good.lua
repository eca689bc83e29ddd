-- SPDX-License-Identifier: MIT
-- scanner: POSIX regular expressions over a text that was put together
local ffi = require("ffi")
ffi.cdef[[
typedef struct { char opaque[64]; } regex_t;
typedef struct { int so, eo; } regmatch_t;
int regcomp(regex_t *, const char *, int);
int regexec(const regex_t *, const char *, size_t, regmatch_t *, int);
void regfree(regex_t *);
typedef struct { regex_t re; const char *subject; regmatch_t m[2]; } scan_t;
]]
local Scan = {}
Scan.__index = Scan
function Scan.new(pat)
    local s = ffi.new("scan_t")
    assert(ffi.C.regcomp(s.re, pat, 1) == 0)
    return setmetatable({ s = s }, Scan)
end
function Scan:on(parts)
    local subject = table.concat(parts, ", ")
    self.subject = subject
    self.s.subject = subject
    return self
end
function Scan:next()
    local s = self.s
    if ffi.C.regexec(s.re, s.subject, 2, s.m, 0) ~= 0 then return nil end
    local r = ffi.string(s.subject + s.m[1].so, s.m[1].eo - s.m[1].so)
    s.subject = s.subject + s.m[0].eo
    return r
end
local sc = Scan.new("([0-9]+)px"):on { "12px", "7em", "300px" }
print(sc:next(), sc:next(), sc:next())
ffi.C.regfree(sc.s.re)
