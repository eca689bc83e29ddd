local ffi = require 'ffi'
local band, bor, bxor, bnot, rol, tobit = bit.band, bit.bor, bit.bxor, bit.bnot, bit.rol, bit.tobit
local K, R = {}, { { 7, 12, 17, 22 }, { 5, 9, 14, 20 }, { 4, 11, 16, 23 }, { 6, 10, 15, 21 } }
for i = 0, 63 do K[i] = tobit(math.floor(math.abs(math.sin(i + 1)) * 2 ^ 32)) end
local function md5(text)
    local length = #text
    local total = math.floor((length + 8) / 64) * 64 + 64
    local bytes = ffi.new('uint8_t[?]', total)
    ffi.copy(bytes, text, length)
    bytes[length] = 128
    ffi.cast('uint64_t *', bytes + total - 8)[0] = length * 8
    local a0, b0, c0, d0 = 0x67452301, tobit(0xefcdab89), tobit(0x98badcfe), 0x10325476
    for start = 0, total - 1, 64 do
        local m = ffi.cast('const int32_t *', bytes + start)
        local a, b, c, d = a0, b0, c0, d0
        for i = 0, 63 do
            local f, g
            if i < 16 then f, g = bor(band(b, c), band(bnot(b), d)), i
            elseif i < 32 then f, g = bor(band(d, b), band(bnot(d), c)), (5 * i + 1) % 16
            elseif i < 48 then f, g = bxor(b, c, d), (3 * i + 5) % 16
            else f, g = bxor(c, bor(b, bnot(d))), (7 * i) % 16 end
            f = tobit(tobit(f + a) + tobit(K[i] + m[g]))
            a, d, c = d, c, b
            b = tobit(b + rol(f, R[math.floor(i / 16) + 1][i % 4 + 1]))
        end
        a0, b0, c0, d0 = tobit(a0 + a), tobit(b0 + b), tobit(c0 + c), tobit(d0 + d)
    end
    local words = ffi.new('int32_t[4]', a0, b0, c0, d0)
    return (ffi.string(words, 16):gsub('.', function(x) return ('%02x'):format(x:byte()) end))
end
assert(md5('') == 'd41d8cd98f00b204e9800998ecf8427e')
assert(md5('abc') == '900150983cd24fb0d6963f7d28e17f72')
local last = 'seed'
for i = 1, 120 do last = md5(last .. i) end
print(md5(('x'):rep(5000)), last)
