-- SPDX-License-Identifier: MIT
-- ffi.fill counts bytes, and the other way round
local ffi = require("ffi")
ffi.cdef "struct cell { int32_t value; int32_t owner; };"

local Grid = {}
Grid.__index = Grid

local function new(w, h)
    local n = w * h
    local cells = ffi.new("struct cell[?]", n)
    return setmetatable({ cells = cells, n = n, w = w }, Grid)
end

function Grid:clear_from(first)
    ffi.fill(self.cells + first, (self.n - first) * ffi.sizeof("struct cell"))
end

local grid = new(4, 3)
grid:clear_from(11)
print(grid.n, grid.w)
