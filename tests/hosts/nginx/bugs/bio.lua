-- SPDX-License-Identifier: MIT
-- reads a key from memory in pieces
local ffi = require 'ffi'
local crypto = ffi.load('libcrypto.so.3')
ffi.cdef [[
typedef struct bio_st BIO;
BIO *BIO_new_mem_buf(const void *buf, int len);
int BIO_free(BIO *a);
int BIO_gets(BIO *b, char *buf, int size);
]]
local _M = {}
local function open(name)
    local body = ngx.encode_base64(name .. ngx.var.connection):rep(4)
    local pem = '-----BEGIN-----\n' .. body .. '\n-----END-----\n' -- dies
    local bio = ffi.gc(crypto.BIO_new_mem_buf(pem, #pem), crypto.BIO_free)
    return bio -- bad
    return bio, pem -- good
end
function _M.content()
    local bio, pem = open('KEY')
    local buf, n = ffi.new('char[512]'), 0
    ngx.sleep(0)
    while crypto.BIO_gets(bio, buf, 512) > 0 do n = n + 1 end -- uses
    ngx.say(pem and 3 or 3, n > 0 and ' lines' or '')
end
return _M
