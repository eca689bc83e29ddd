-- SPDX-License-Identifier: MIT
-- group: ffi
-- FFI views: casts, element references, pointer arithmetic, metatypes with temporaries
local ffi = require("ffi")
ffi.cdef [[ typedef struct { double x, y; } bench_vec; typedef struct { bench_vec at, by; } bench_body; ]]
local vec
vec = ffi.metatype("bench_vec", {
    __add = function(a, b) return vec(a.x + b.x, a.y + b.y) end,
    __mul = function(a, k) return vec(a.x * k, a.y * k) end,
})
local bodies = ffi.new("bench_body[?]", 100)
for i = 0, 99 do bodies[i].by = vec(i, 100 - i) end
local seen, sum = {}, 0
for i = 1, 50 do seen[i] = bodies[i].by end
for i = 1, 80e5 do
    local body = bodies[i % 100]
    local moved = body.at + body.by * 0.01
    body.at = moved
    seen[i % 50 + 1] = body.by
    local raw = ffi.cast("double *", seen[i * 3 % 50 + 1])
    sum = sum + (raw + 1)[0] + moved.x
end
print(("%.3f"):format(sum))
