-- SPDX-License-Identifier: MIT
-- a buffer freed at the end of the request, and by its finalizer
local ffi = require 'ffi'
local C = ffi.C
ffi.cdef [[void *malloc(size_t n); void free(void *p);]]
local _M = {}
function _M.content()
    local buf = ffi.gc(ffi.cast('char *', C.malloc(128)), C.free) -- dies
    ffi.copy(buf, ngx.var.uri)
    ngx.ctx.buf = buf
    ngx.say(ffi.string(buf))
end
function _M.log()
    local buf = ngx.ctx.buf
    if not buf then return end
    ffi.gc(buf, nil) -- good
    C.free(buf)
end
return _M
