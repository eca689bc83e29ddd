-- SPDX-License-Identifier: MIT
-- samples: a queue of pointers that a compiled loop fills
local ffi = require("ffi")
ffi.cdef[[
typedef struct sample { double v, w; } sample;
typedef struct queue { int n; sample *slot[512]; } queue;
]]
local q = ffi.new("queue")
local keep = {}
local function push(i)
    local s = ffi.new("sample", i, i * 2)
    q.slot[q.n] = s
    q.n = q.n + 1
end
local function sum()
    local t = 0
    for i = 0, q.n - 1 do t = t + q.slot[i].v + q.slot[i].w end
    return t
end
for i = 1, 500 do push(i) end
print(sum())
