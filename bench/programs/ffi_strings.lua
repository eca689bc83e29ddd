-- SPDX-License-Identifier: MIT
-- group: ffi
-- strings across the border: a growing byte buffer, as parsers and protocols have it
local ffi = require("ffi")
local total = 0
for round = 1, 27000 do
    local size, used = 64, 0
    local data = ffi.new("uint8_t[?]", size)
    for i = 1, 40 do
        local text = "field" .. (round + i) % 300 .. "=" .. i .. ";"
        while used + #text > size do
            local larger = ffi.new("uint8_t[?]", size * 2)
            ffi.copy(larger, data, used)
            data, size = larger, size * 2
        end
        ffi.copy(data + used, text, #text)
        used = used + #text
    end
    local stop = 0
    for i = 0, used - 1 do
        if data[i] == 59 then
            total = total + #ffi.string(data + stop, i - stop)
            stop = i + 1
        end
    end
end
print(total)
