local ffi = require 'ffi'
local size, out = 100, {}
for y = 0, size - 1 do
    local row = ffi.new('uint8_t[?]', size / 4)
    for x = 0, size - 1 do
        local cr, ci = 2 * x / size - 1.5, 2 * y / size - 1
        local zr, zi, n = 0, 0, 0
        while n < 50 and zr * zr + zi * zi <= 4 do
            zr, zi, n = zr * zr - zi * zi + cr, 2 * zr * zi + ci, n + 1
        end
        if n == 50 then
            local at = math.floor(x / 4)
            row[at] = bit.bor(row[at], bit.lshift(1, x % 4))
        end
    end
    out[#out + 1] = ffi.string(row, size / 4):gsub('.', function(c) return ('%x'):format(c:byte()) end)
end
print(table.concat(out, '\n'))
