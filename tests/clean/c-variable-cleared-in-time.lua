-- SPDX-License-Identifier: MIT
-- C keeps the address of a buffer only as long as the buffer lives.
local ffi = require("ffi")
local device = ffi.load("testkeeper")
ffi.cdef[[
void keeper_device_set(const short *samples, unsigned n_samples);
int keeper_device_play(unsigned n);
]]

local function play(volume)
    local samples = ffi.new("short[?]", 64)
    for i = 0, 63 do samples[i] = (i % 8) * volume end
    device.keeper_device_set(samples, 64)
    local loudest = device.keeper_device_play(64)
    device.keeper_device_set(nil, 0)
    return loudest + 0 * samples[0]
end

local levels = {}
for volume = 1, 40 do levels[volume] = play(volume) end
print(table.concat(levels, " "), device.keeper_device_play(10))
