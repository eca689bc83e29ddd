-- SPDX-License-Identifier: MIT
-- batches: a coroutine yields bare pointers into chunks that it forgets
local ffi = require("ffi")
local function producer(n)
    return coroutine.wrap(function()
        for i = 1, n do
            local chunk = ffi.new("int[?]", 4, i, i + 1, i + 2, i + 3)
            coroutine.yield(ffi.cast("const int *", chunk), 4, chunk)
        end
    end)
end
local batches, keep = {}, {}
for p, n, anchor in producer(12) do
    batches[#batches + 1] = p
    keep[#keep + 1] = anchor
end
local s = 0
for i = 1, #batches do s = s + batches[i][3] end
print(s)
