-- SPDX-License-Identifier: MIT
-- walker: a callback finds its state through a void pointer
local ffi = require("ffi")
ffi.cdef[[ int ftw(const char *, int (*)(const char *, const void *, int), int);
typedef struct { int count; int max; } walk_ctx; typedef struct { void *ctx; } walker; ]]
local w = ffi.new("walker")
local held
local function start(max) local c = ffi.new("walk_ctx", 0, max); held = c; w.ctx = c end
local cb = ffi.cast("int (*)(const char *, const void *, int)", function(path, st, flag)
    local c = ffi.cast("walk_ctx *", w.ctx)
    c.count = c.count + 1
    return c.count >= c.max and 1 or 0
end)
start(2)
print(ffi.C.ftw("/etc", cb, 4))
