-- SPDX-License-Identifier: MIT
-- gzip: compresses with a file name in the header, which zlib reads when it begins to write
local ffi = require("ffi")
local z = ffi.load("libz.so.1")
ffi.cdef[[
typedef struct z_stream {
    const char *next_in; unsigned avail_in; unsigned long total_in;
    char *next_out; unsigned avail_out; unsigned long total_out;
    const char *msg; void *state; void *zalloc, *zfree, *opaque;
    int data_type; unsigned long adler, reserved;
} z_stream;
typedef struct gz_header {
    int text; unsigned long time; int xflags, os;
    const char *extra; unsigned extra_len, extra_max;
    const char *name; unsigned name_max;
    const char *comment; unsigned comm_max;
    int hcrc, done;
} gz_header;
int deflateInit2_(z_stream *strm, int level, int method, int bits, int memory, int strategy,
                  const char *version, int size);
int deflateSetHeader(z_stream *strm, gz_header *head);
int deflate(z_stream *strm, int flush);
int deflateEnd(z_stream *strm);
const char *zlibVersion(void);
]]
local FINISH, STREAM_END = 4, 1

local Gzip = {}
Gzip.__index = Gzip

function Gzip.new(level)
    local stream = ffi.new("z_stream")
    assert(z.deflateInit2_(stream, level, 8, 15 + 16, 8, 0, z.zlibVersion(), ffi.sizeof(stream)) == 0)
    return setmetatable({ stream = stream }, Gzip)
end

function Gzip:name(name)
    local header = ffi.new("gz_header")
    header.name = name
    assert(z.deflateSetHeader(self.stream, header) == 0)
end

function Gzip:compress(text)
    local size = #text + 200
    local out = ffi.new("char[?]", size)
    self.stream.next_in, self.stream.avail_in = text, #text
    self.stream.next_out, self.stream.avail_out = out, size
    assert(z.deflate(self.stream, FINISH) == STREAM_END)
    z.deflateEnd(self.stream)
    return ffi.string(out, size - self.stream.avail_out)
end

local gzip = Gzip.new(6)
gzip:name("notes.txt")
local packed = gzip:compress(("to be or not to be, "):rep(20))
print(packed:find("notes.txt", 1, true), packed:byte(1, 3))
