-- SPDX-License-Identifier: MIT
-- The finalizer sits on the void * that malloc returned; what is kept is a copy of the address.
--   ffisan run -- luajit freed.lua          use-after-free
--   ffisan run -- luajit freed.lua fixed    nothing
local ffi = require("ffi")
local C = ffi.C
ffi.cdef[[
void *malloc(size_t size);
void free(void *block);
typedef struct { double x, y; } point_t;
]]
local fixed = arg[1] == "fixed"

local function new_point(x, y)
    local point
    if fixed then
        point = ffi.gc(ffi.cast("point_t *", C.malloc(ffi.sizeof("point_t"))), C.free)
    else
        point = ffi.cast("point_t *", ffi.gc(C.malloc(ffi.sizeof("point_t")), C.free))
    end
    point.x, point.y = x, y
    return point
end

local corners = {}
for i = 1, 4 do corners[i] = new_point(i % 2, i / 2) end
local sum = 0
for _, corner in ipairs(corners) do sum = sum + corner.x + corner.y end
print(sum)
