-- SPDX-License-Identifier: MIT
-- images: pixels are freed by hand, and the finalizer that was set does it again
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
void *malloc(size_t size);
void free(void *p);
]]

local Image = {}
Image.__index = Image

function Image.new(width, height)
    local pixels = ffi.gc(ffi.cast("uint32_t *", C.malloc(width * height * 4)), C.free)
    for i = 0, width * height - 1 do pixels[i] = i * 0x010101 end
    return setmetatable({ pixels = pixels, width = width, height = height }, Image)
end

function Image:sum()
    local sum = 0
    for i = 0, self.width * self.height - 1 do sum = sum + bit.band(self.pixels[i], 255) end
    return sum
end

function Image:close()
    ffi.gc(self.pixels, nil)
    C.free(self.pixels)
    self.pixels = nil
end

local total = 0
for i = 1, 8 do
    local image = Image.new(8 * i, 4)
    total = total + image:sum()
    image:close()
end
print(total)
