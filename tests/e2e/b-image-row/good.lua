-- SPDX-License-Identifier: MIT
-- thumbnails: rows are pointers into the pixels of an image, which are freed when it is closed
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
void *malloc(size_t size);
void free(void *p);
typedef struct { uint8_t *pixels; int width, height; } image_t;
]]

local Image = {}
Image.__index = Image

function Image.decode(seed, width, height)
    local image = ffi.new("image_t")
    image.width, image.height = width, height
    image.pixels = ffi.cast("uint8_t *", C.malloc(width * height))
    for i = 0, width * height - 1 do image.pixels[i] = (i * seed) % 251 end
    return image
end

function Image:row(y) return self.pixels + y * self.width end
function Image:close() C.free(self.pixels) end

ffi.metatype("image_t", Image)

local function brightness(row, width)
    local sum = 0
    for x = 0, width - 1 do sum = sum + row[x] end
    return sum / width
end

local function middle(seed)
    local image = Image.decode(seed, 640, 480)
    local row = image:row(240)
    local mean = brightness(row, 640)
    image:close()
    return mean
end

print(("%.1f %.1f"):format(middle(3), middle(7)))
