-- SPDX-License-Identifier: MIT
-- group: little
-- little allocation: bytes of one long string, checked by arithmetic
local bit = require("bit")
local text = ("The quick brown fox jumps over the lazy dog. "):rep(20000)
local a, b, crc = 1, 0, 0
for _ = 1, 45 do
    for i = 1, #text do
        a = (a + text:byte(i)) % 65521
        b = (b + a) % 65521
    end
    crc = bit.bxor(crc, a + b)
end
print(a, b, crc)
