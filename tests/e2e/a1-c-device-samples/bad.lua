-- SPDX-License-Identifier: MIT
-- synth: plays a sine from a buffer that is handed to the device
local ffi = require("ffi")
local device = ffi.load("testkeeper")
ffi.cdef[[
void keeper_device_set(const short *samples, unsigned n_samples);
int keeper_device_play(unsigned n);
]]

local Synth = {}

function Synth.note(frequency, n)
    local samples = ffi.new("short[?]", n)
    for i = 0, n - 1 do samples[i] = 1000 * math.sin(i * frequency) end
    device.keeper_device_set(samples, n)
end

function Synth.levels(n)
    local levels = {}
    for i = 1, n do levels[i] = ("%d"):format(device.keeper_device_play(32)) end
    return table.concat(levels, " ")
end

Synth.note(0.05, 128)
print(Synth.levels(4))
