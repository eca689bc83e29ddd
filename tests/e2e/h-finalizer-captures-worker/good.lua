-- SPDX-License-Identifier: MIT
-- resizes: a worker process answers jobs, and ends by _exit as daemons' children do
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
void *malloc(size_t size);
void free(void *p);
void _exit(int status);
typedef struct { int width, height; unsigned char *pixels; } image_t;
]]

local function new_image(width, height)
    local image = ffi.new("image_t", width, height, C.malloc(width * height))
    return ffi.gc(image, function(object)
        C.free(object.pixels)
        object.pixels = nil
    end)
end

local function shrink(image)
    local small = new_image(image.width / 2, image.height / 2)
    for y = 0, small.height - 1 do
        for x = 0, small.width - 1 do
            small.pixels[y * small.width + x] = image.pixels[2 * (y * image.width + x)]
        end
    end
    return small
end

local function answer(job)
    local image = new_image(32, 16)
    for i = 0, 32 * 16 - 1 do image.pixels[i] = (i * job) % 251 end
    local small = shrink(image)
    local sum = 0
    for i = 0, small.width * small.height - 1 do sum = sum + small.pixels[i] end
    return sum
end

for job = 1, 50 do print(job, answer(job)) end
io.stdout:flush()
C._exit(0)
