-- SPDX-License-Identifier: MIT
-- pack: a binding of zlib whose stream lacks the members that the program does not use
local ffi = require("ffi")
local zlib = ffi.load("z")

ffi.cdef[[
typedef struct {
    const char *next_in; unsigned avail_in; unsigned long total_in;
    char *next_out; unsigned avail_out; unsigned long total_out;
    const char *msg; void *state;
    void *zalloc, *zfree, *opaque;
    int data_type; unsigned long adler, reserved;
} z_stream;
int deflateInit_(z_stream *stream, int level, const char *version, int size);
int deflate(z_stream *stream, int flush);
int deflateEnd(z_stream *stream);
]]

local Z_FINISH, SIZE_IN_C = 4, 112

local packer = {}
packer.__index = packer

function packer.new(level)
    local stream = ffi.new("z_stream")
    if zlib.deflateInit_(stream, level, "1.2.13", SIZE_IN_C) ~= 0 then return nil end
    return setmetatable({ stream = stream }, packer)
end

function packer:pack(text)
    local room = #text + 64
    local out = ffi.new("char[?]", room)
    local stream = self.stream
    stream.next_in, stream.avail_in = text, #text
    stream.next_out, stream.avail_out = out, room
    zlib.deflate(stream, Z_FINISH)
    zlib.deflateEnd(stream)
    return ffi.string(out, stream.total_out)
end

local text = ("all work and no play "):rep(20)
print(#packer.new(6):pack(text) < #text)
