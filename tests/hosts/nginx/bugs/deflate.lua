-- SPDX-License-Identifier: MIT
-- a streaming compressor: chunks come one by one
local ffi = require 'ffi'
local z = ffi.load('libz.so.1')
ffi.cdef [[
typedef struct {
    const uint8_t *next_in; unsigned avail_in; unsigned long total_in;
    uint8_t *next_out; unsigned avail_out; unsigned long total_out;
    const char *msg; void *state; void *zalloc; void *zfree; void *opaque;
    int data_type; unsigned long adler; unsigned long reserved;
} deflate_stream;
const char *zlibVersion(void);
int deflateInit_(deflate_stream *s, int level, const char *version, int size);
int deflate(deflate_stream *s, int flush);
int deflateEnd(deflate_stream *s);
]]
local _M = {}
local mt = { __index = _M }
local function new()
    local strm = ffi.gc(ffi.new('deflate_stream'), z.deflateEnd)
    assert(z.deflateInit_(strm, 6, z.zlibVersion(), ffi.sizeof(strm)) == 0)
    return setmetatable({ strm = strm }, mt)
end
function _M.feed(self, chunk)
    self.chunk = chunk -- good
    self.strm.next_in = chunk -- stores
    self.strm.avail_in = #chunk
end
function _M.pump(self, flush)
    local out = ffi.new('uint8_t[4096]')
    self.strm.next_out, self.strm.avail_out = out, 4096
    z.deflate(self.strm, flush) -- uses
    return ffi.string(out, 4096 - self.strm.avail_out)
end
function _M.content()
    local c, len = new(), 0
    for i = 1, 5 do
        c:feed(('chunk %d %s '):format(i, ngx.var.connection):rep(20)) -- dies
        ngx.sleep(0)
        len = len + #c:pump(i == 5 and 4 or 0)
    end
    ngx.say(len > 0 and 'compressed' or 'empty')
end
return _M
