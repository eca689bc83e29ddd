local ffi = require 'ffi'
local w, h = 40, 20
local function field() return ffi.new('uint8_t[?]', w * h) end
local now = field()
for _, at in ipairs { { 1, 0 }, { 2, 1 }, { 0, 2 }, { 1, 2 }, { 2, 2 }, { 20, 10 }, { 21, 10 }, { 22, 10 }, { 21, 11 } } do
    now[at[2] * w + at[1]] = 1
end
for generation = 1, 60 do
    local after = field()
    for y = 0, h - 1 do
        for x = 0, w - 1 do
            local n = 0
            for dy = -1, 1 do
                for dx = -1, 1 do
                    if dx ~= 0 or dy ~= 0 then n = n + now[(y + dy) % h * w + (x + dx) % w] end
                end
            end
            if n == 3 or n == 2 and now[y * w + x] == 1 then after[y * w + x] = 1 end
        end
    end
    now = after
end
for y = 0, h - 1 do
    local line = {}
    for x = 0, w - 1 do line[#line + 1] = now[y * w + x] == 1 and '#' or '.' end
    print(table.concat(line))
end
