-- SPDX-License-Identifier: MIT
-- parts: anchors are keyed by what reading a pointer has made, which nothing keeps
local ffi = require("ffi")
local C = ffi.C
ffi.cdef[[
typedef struct part_t { const void *base; size_t len; } part_t;
ssize_t writev(int fd, const part_t *parts, int n);
]]
local anchors = setmetatable({}, { __mode = "k" })
local strong = {}
local function set(v, i, s)
    local copy = ffi.new("char[?]", #s + 1, s)
    v[i].base, v[i].len = copy, #s
    strong[i] = copy
end
local v = ffi.new("part_t[3]")
for i = 0, 2 do set(v, i, ("part %d;"):format(i)) end
C.writev(1, v, 3)
