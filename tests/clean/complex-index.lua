-- SPDX-License-Identifier: MIT
-- of an index into a complex number only the lowest bit counts; and who takes words before the text
-- of a string looks for its length
local ffi = require("ffi")

local function parts(z)
    local sum = { 0, 0 }
    for i = 0, 9 do
        sum[i % 2 + 1] = sum[i % 2 + 1] + z[i]
    end
    return sum[1], sum[2], z[-1], z[1e7], z[1e7 + 1]
end

print(parts(ffi.new("complex", 1, 2)))
print(parts(ffi.new("complex float", 3, 4)))
print(parts(ffi.new("complex[2]", { { 5, 6 }, { 7, 8 } })[1]))

local function length(text)
    return ffi.cast("const uint32_t *", text)[-1]
end

for i = 1, 3 do
    local text = ("x"):rep(i * 5)
    print(length(text) == #text)
end
