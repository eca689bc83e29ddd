-- SPDX-License-Identifier: MIT
-- access phase checks a token, content uses it
local ffi = require 'ffi'
ffi.cdef [[typedef struct { const uint8_t *p; size_t len; } tok_t;
int memcmp(const void *a, const void *b, size_t n);]]
local _M = {}
local function parse(h)
    local raw = ngx.decode_base64(h) .. ':' .. ngx.var.connection -- dies
    local tok = ffi.new('tok_t')
    tok.p = ffi.cast('const uint8_t *', raw) -- stores
    tok.len = #raw
    return tok, raw
end
function _M.access()
    local tok, raw = parse(ngx.encode_base64('user:secret' .. (ngx.var.arg_u or '')))
    ngx.ctx.tok = tok
    ngx.ctx.raw = raw -- good
end
function _M.content()
    local tok = ngx.ctx.tok
    ngx.sleep(0)
    local ok = ffi.C.memcmp(tok.p, 'user:', 5) == 0 -- uses
    ngx.say(ok and 'granted' or 'denied')
end
return _M
