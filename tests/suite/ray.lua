local ffi = require 'ffi'
local vec
local mt = {
    __add = function(a, b) return vec(a.x + b.x, a.y + b.y, a.z + b.z) end,
    __sub = function(a, b) return vec(a.x - b.x, a.y - b.y, a.z - b.z) end,
    __mul = function(a, k) return vec(a.x * k, a.y * k, a.z * k) end,
    __index = {
        dot = function(a, b) return a.x * b.x + a.y * b.y + a.z * b.z end,
        unit = function(a) return a * (1 / math.sqrt(a:dot(a))) end,
    },
}
vec = ffi.metatype('struct { double x, y, z; }', mt)
local light = vec(-1, -3, 2):unit()
local function hit(center, radius, from, direction)
    local v = center - from
    local b = v:dot(direction)
    local d = b * b - v:dot(v) + radius * radius
    if d < 0 then return math.huge end
    local near, far = b - math.sqrt(d), b + math.sqrt(d)
    return near > 0 and near or far > 0 and far or math.huge
end
local spheres = {}
for i = 0, 4 do spheres[#spheres + 1] = { vec(i - 2, (i * 7) % 3 - 1, 4 + i % 2), 0.8 } end
local shades, total = ' .:-=+*#%@', 0
for y = 0, 23 do
    local line = {}
    for x = 0, 47 do
        local direction = vec((x - 24) / 16, (12 - y) / 8, 2.5):unit()
        local best, normal = math.huge, nil
        for _, s in ipairs(spheres) do
            local t = hit(s[1], s[2], vec(0, 0, -1), direction)
            if t < best then best, normal = t, (vec(0, 0, -1) + direction * t - s[1]):unit() end
        end
        local g = normal and math.max(0, -normal:dot(light)) or 0
        total = total + g
        local at = math.floor(g * 9) + 1
        line[#line + 1] = shades:sub(at, at)
    end
    print((table.concat(line):gsub(' +$', '')))
end
print(('%.6f'):format(total))
