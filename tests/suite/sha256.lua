local ffi = require 'ffi'
local band, bxor, bnot, ror, rshift, tobit = bit.band, bit.bxor, bit.bnot, bit.ror, bit.rshift, bit.tobit
local K, H, n, p = {}, {}, 0, 2
local function fraction(x) return tobit(math.floor((x - math.floor(x)) * 2 ^ 32)) end
while n < 64 do
    local prime = true
    for d = 2, math.floor(math.sqrt(p)) do if p % d == 0 then prime = false break end end
    if prime then
        if n < 8 then H[n] = fraction(p ^ (1 / 2)) end
        K[n] = fraction(p ^ (1 / 3))
        n = n + 1
    end
    p = p + 1
end
local function sha256(text)
    local length = #text
    local total = math.floor((length + 8) / 64) * 64 + 64
    local bytes, w = ffi.new('uint8_t[?]', total), ffi.new('int32_t[64]')
    ffi.copy(bytes, text, length)
    bytes[length] = 128
    for i = 0, 3 do bytes[total - 1 - i] = rshift(length * 8, 8 * i) % 256 end
    local h = ffi.new('int32_t[8]')
    for i = 0, 7 do h[i] = H[i] end
    for start = 0, total - 1, 64 do
        local m = ffi.cast('const int32_t *', bytes + start)
        for i = 0, 15 do w[i] = bit.bswap(m[i]) end
        for i = 16, 63 do
            local x, y = w[i - 15], w[i - 2]
            local s0 = bxor(ror(x, 7), ror(x, 18), rshift(x, 3))
            local s1 = bxor(ror(y, 17), ror(y, 19), rshift(y, 10))
            w[i] = tobit(tobit(w[i - 16] + s0) + tobit(w[i - 7] + s1))
        end
        local a, b, c, d, e, f, g, k = h[0], h[1], h[2], h[3], h[4], h[5], h[6], h[7]
        for i = 0, 63 do
            local s1 = bxor(ror(e, 6), ror(e, 11), ror(e, 25))
            local t1 = tobit(tobit(k + s1) + tobit(bxor(band(e, f), band(bnot(e), g)) + tobit(K[i] + w[i])))
            local s0 = bxor(ror(a, 2), ror(a, 13), ror(a, 22))
            local t2 = tobit(s0 + bxor(band(a, b), band(a, c), band(b, c)))
            k, g, f, e, d, c, b, a = g, f, e, tobit(d + t1), c, b, a, tobit(t1 + t2)
        end
        local out = { a, b, c, d, e, f, g, k }
        for i = 0, 7 do h[i] = tobit(h[i] + out[i + 1]) end
    end
    local out = {}
    for i = 0, 7 do out[#out + 1] = bit.tohex(h[i]) end
    return table.concat(out)
end
assert(sha256('abc') == 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
local last = ''
for i = 1, 60 do last = sha256(last .. i) end
print(sha256(('0123456789'):rep(300)), last)
