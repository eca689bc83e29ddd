-- SPDX-License-Identifier: MIT
-- reads words with a module that wraps open_memstream(3)
local memory_stream = require("memory_stream_fixed")

local function join(first, last)
    local stream = memory_stream.open()
    for i = first, last do stream:write(("%d,"):format(i)) end
    return stream:text()
end

for i = 1, 30 do print(join(i, i + 5)) end
