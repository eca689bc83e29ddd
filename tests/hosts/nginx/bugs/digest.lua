-- SPDX-License-Identifier: MIT
-- lua-resty-string style digest
local ffi = require 'ffi'
local crypto = ffi.load('libcrypto.so.3')
ffi.cdef [[
typedef struct evp_md_ctx_st EVP_MD_CTX;
typedef struct evp_md_st EVP_MD;
void *EVP_MD_CTX_new(void);
void EVP_MD_CTX_free(void *ctx);
const EVP_MD *EVP_sha256(void);
int EVP_DigestInit_ex(EVP_MD_CTX *ctx, const EVP_MD *type, void *e);
int EVP_DigestUpdate(EVP_MD_CTX *c, const void *d, size_t n);
int EVP_DigestFinal_ex(EVP_MD_CTX *c, unsigned char *md, unsigned int *n);]]
local _M = {}
local mt = { __index = _M }
function _M.new()
    local raw = ffi.gc(crypto.EVP_MD_CTX_new(), crypto.EVP_MD_CTX_free) -- dies
    local ctx = ffi.cast('EVP_MD_CTX *', raw) -- stores
    crypto.EVP_DigestInit_ex(ctx, crypto.EVP_sha256(), nil)
    return setmetatable({ ctx = ctx }, mt) -- bad
    return setmetatable({ ctx = ctx, raw = raw }, mt) -- good
end
function _M.update(self, s)
    return crypto.EVP_DigestUpdate(self.ctx, s, #s) == 1 -- uses
end
function _M.final(self)
    local buf, n = ffi.new('unsigned char[64]'), ffi.new('unsigned int[1]')
    crypto.EVP_DigestFinal_ex(self.ctx, buf, n)
    return ffi.string(buf, n[0])
end
function _M.content()
    local d = _M.new()
    for i = 1, 20 do
        ngx.sleep(0)
        d:update('part' .. i .. ngx.md5(i))
    end
    ngx.say(#d:final())
end
return _M
