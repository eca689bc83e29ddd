-- SPDX-License-Identifier: MIT
-- Cells of C memory begin with the address of an owner or with a short text: one that is written
-- over the lowest bytes of an old address is none itself, and stays what it is.
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
void *malloc(size_t size);
void free(void *block);
typedef union { const int *owner; char text[48]; } cell_t;
]]

local waiting, changed = {}, 0

local function begin(number)
    local cell = ffi.cast("cell_t *", C.malloc(ffi.sizeof("cell_t")))
    cell.text[0], cell.text[1] = number % 64 * 2, number / 64 % 128
    waiting[#waiting + 1] = { cell = cell, number = number }
end

local function finish()
    local entry = table.remove(waiting, 1)
    local cell, number = entry.cell, entry.number
    if cell.text[0] ~= number % 64 * 2 or cell.text[1] ~= math.floor(number / 64 % 128) then
        changed = changed + 1
    end
    local owner = ffi.new("int[8]", number)
    cell.owner = owner
    changed = changed + owner[0] - number
    C.free(cell)
end

for number = 1, 20000 do
    begin(number)
    if #waiting > 64 then finish() end
end
while #waiting > 0 do finish() end
print(changed)
