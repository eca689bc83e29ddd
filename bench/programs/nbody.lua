-- SPDX-License-Identifier: MIT
-- group: ffi
-- planets in FFI structs: the references to them are objects, too
local ffi = require("ffi")
ffi.cdef [[ struct planet { double x, y, z, vx, vy, vz, mass; }; ]]
local n = 8
local p = ffi.new("struct planet[?]", n)
for i = 0, n - 1 do
    p[i].x, p[i].y, p[i].z, p[i].mass = 10 * math.cos(i), 10 * math.sin(i), i - 4, 1 + i
end
for _ = 1, 7e5 do
    for i = 0, n - 2 do
        local a = p[i]
        for k = i + 1, n - 1 do
            local b = p[k]
            local dx, dy, dz = a.x - b.x, a.y - b.y, a.z - b.z
            local d2 = dx * dx + dy * dy + dz * dz + 0.1
            local m = 1e-4 / (d2 * math.sqrt(d2))
            a.vx, a.vy, a.vz = a.vx - dx * b.mass * m, a.vy - dy * b.mass * m, a.vz - dz * b.mass * m
            b.vx, b.vy, b.vz = b.vx + dx * a.mass * m, b.vy + dy * a.mass * m, b.vz + dz * a.mass * m
        end
    end
    for i = 0, n - 1 do
        local a = p[i]
        a.x, a.y, a.z = a.x + 1e-4 * a.vx, a.y + 1e-4 * a.vy, a.z + 1e-4 * a.vz
    end
end
print(("%.6f %.6f"):format(p[0].x, p[7].y))
