-- SPDX-License-Identifier: MIT
-- A buffer of C lies where a state of zlib was, with the address of a dead struct in its first
-- word: the text that is written over its lowest bytes is no address.
local ffi = require("ffi")
local zlib = ffi.load("z")

ffi.cdef[[
typedef struct { long opaque[14]; } stream_t;
int deflateInit_(stream_t *stream, int level, const char *version, int size);
int deflateEnd(stream_t *stream);
]]

local failed = 0
for _ = 1, 70 do
    local stream = ffi.new("stream_t")
    failed = failed + zlib.deflateInit_(stream, 6, "1.2.13", ffi.sizeof(stream))
    failed = failed + zlib.deflateEnd(stream)
end
print(failed)
