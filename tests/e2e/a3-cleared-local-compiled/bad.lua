-- SPDX-License-Identifier: MIT
-- filter: a compiled loop keeps the pointer of an array whose local is never read again
local ffi = require("ffi")

local function smooth(n, rounds)
    local samples = ffi.new("double[?]", n)
    for i = 0, n - 1 do samples[i] = i % 17 end
    local p = ffi.cast("double *", samples)
    samples = nil
    local log = {}
    for round = 1, rounds do
        for i = 1, n - 2 do
            p[i] = (p[i - 1] + p[i] + p[i + 1]) / 3
        end
        log[#log + 1] = ("%.3f"):format(p[n / 2])
    end
    return table.concat(log, " ")
end

print(smooth(512, 6))
