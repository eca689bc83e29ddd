-- SPDX-License-Identifier: MIT
-- records with a header: the length counts the header as well
local ffi = require("ffi")
ffi.cdef "struct record { uint16_t length; uint16_t kind; char text[12]; };"

local header = ffi.offsetof("struct record", "text")

local function pack(kind, text)
    local record = ffi.new("struct record")
    record.kind, record.length = kind, header + #text
    ffi.copy(record.text, text, #text)
    return record
end

local function unpack_text(record)
    return (ffi.string(record.text, record.length):sub(1, record.length - header))
end

local records = {}
for i = 1, 3 do records[i] = pack(i, ("entry nr. %02d"):format(i)) end
for i = 1, 3 do print(unpack_text(records[i])) end
