-- SPDX-License-Identifier: MIT
-- message: version 2 of a header is set in memory that was allocated for version 1
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
void *calloc(size_t n, size_t size);
void free(void *p);
typedef struct header_v1 { uint16_t version, kind; uint32_t length; } header_v1;
typedef struct header_v2 {
    uint16_t version, kind; uint32_t length;
    struct { uint32_t stream; union { uint64_t stamp; double time; }; };
} header_v2;
]]

local message = {}

function message.new(version, length)
    local header = ffi.cast("header_v2 *", C.calloc(1, ffi.sizeof("header_v1")))
    header.version, header.length = version, length
    if version > 1 then
        header.time = 0.5
    end
    return header
end

local total = 0
for version = 1, 2 do
    local header = message.new(version, 10 * version)
    total = total + header.length
    C.free(header)
end
print(total)
