-- SPDX-License-Identifier: MIT
-- hot.lua: spans of lines that a compiled loop stores
local ffi = require("ffi")
ffi.cdef[[ typedef struct { const char *from, *to; } span_t; int memcmp(const void *, const void *, size_t); ]]
local spans = ffi.new("span_t[512]")
local kept = {}
local function fill(n)
    for i = 0, n - 1 do
        local line = "line " .. i .. " of the file"
        kept[i] = line
        local p = ffi.cast("const char *", line)
        spans[i].from = p
        spans[i].to = p + #line
    end
end
fill(512)
local function check(n)
    local same = 0
    for i = 0, n - 1 do
        if ffi.C.memcmp(spans[i].from, "line", 4) == 0 then same = same + 1 end
    end
    return same
end
print(check(512))
