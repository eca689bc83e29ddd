-- SPDX-License-Identifier: MIT
-- packets: a coroutine yields views of a batch and makes the next one
local ffi = require("ffi")
ffi.cdef[[ typedef struct { int seq; char body[20]; } pkt; ]]
local function producer(n)
    return coroutine.wrap(function()
        for b = 1, n do
            local batch = ffi.new("pkt[4]")
            for i = 0, 3 do
                batch[i].seq = b * 10 + i
                coroutine.yield(batch[i], batch)
            end
        end
    end)
end
local seen, anchors = {}, {}
for p, b in producer(3) do
    seen[#seen + 1] = p
end
local t = 0
for _, p in ipairs(seen) do t = t + p.seq end
print(t)
