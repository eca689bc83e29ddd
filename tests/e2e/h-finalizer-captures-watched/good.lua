-- SPDX-License-Identifier: MIT
-- textures: a weak table lists what is in use, for statistics; the finalizer names what it frees
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
typedef struct { int width, height; unsigned char *pixels; } texture_t;
void *calloc(size_t n, size_t size);
void free(void *p);
]]

local names = setmetatable({}, { __mode = "k" })
local freed = {}

local Texture = {}
Texture.__index = Texture

function Texture:fill(value) ffi.fill(self.pixels, self.width * self.height, value) end

function Texture:average()
    local sum, n = 0, self.width * self.height
    for i = 0, n - 1 do sum = sum + self.pixels[i] end
    return sum / n
end

local texture_t = ffi.metatype("texture_t", Texture)

local function load_texture(name, width, height)
    local pixels = ffi.cast("unsigned char *", C.calloc(width * height, 1))
    local texture = texture_t(width, height, pixels)
    names[texture] = name
    return ffi.gc(texture, function(object)
        freed[#freed + 1] = name
        C.free(object.pixels)
    end)
end

local function draw(frame)
    local texture = load_texture(("frame %d"):format(frame), 16, 8)
    texture:fill(frame)
    return texture:average()
end

local sum = 0
for frame = 1, 24 do sum = sum + draw(frame) end
print(sum)
