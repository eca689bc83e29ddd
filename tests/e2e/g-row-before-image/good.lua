-- SPDX-License-Identifier: MIT
-- sprites: each row is shifted by one pixel; the first one begins a byte too early
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
void *malloc(size_t size);
void free(void *p);
void *memmove(void *to, const void *from, size_t size);
]]

local Sprite = {}
Sprite.__index = Sprite

function Sprite.new(width, height)
    local pixels = ffi.cast("uint8_t *", C.malloc(width * height))
    ffi.fill(pixels, width * height, 7)
    return setmetatable({ width = width, height = height, pixels = pixels }, Sprite)
end

function Sprite:shift_left()
    for y = 0, self.height - 1 do
        local row = self.pixels + y * self.width
        C.memmove(row, row + 1, self.width - 1)
    end
end

function Sprite:close()
    C.free(self.pixels)
    self.pixels = nil
end

local shown = 0
for frame = 1, 3 do
    local old, new = Sprite.new(16, 4), Sprite.new(16, 4)
    old:close()
    new:shift_left()
    shown = shown + new.width
    new:close()
end
print(shown)
