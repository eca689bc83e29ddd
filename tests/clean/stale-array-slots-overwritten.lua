-- SPDX-License-Identifier: MIT
-- A gather list is refilled for every batch; only the slots that were refilled are used.
local ffi = require("ffi")
local helper = ffi.load("testhelper")

ffi.cdef[[
struct testhelper_span { const unsigned char *data; size_t size_bytes; };
unsigned testhelper_checksum(const struct testhelper_span *spans, size_t n);
]]

local spans = ffi.new("struct testhelper_span[8]")

local function checksum(parts)
    for i, part in ipairs(parts) do
        spans[i - 1].data = ffi.cast("const unsigned char *", part)
        spans[i - 1].size_bytes = #part
    end
    return helper.testhelper_checksum(spans, #parts), parts
end

local out = {}
for batch = 1, 30 do
    local parts = {}
    for i = 1, 1 + batch % 8 do parts[i] = ("part %d of %d"):format(i, batch) end
    out[batch] = (checksum(parts)) % 1000
end
print(table.concat(out, " "))
