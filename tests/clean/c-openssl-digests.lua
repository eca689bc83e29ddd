-- SPDX-License-Identifier: MIT
-- What OpenSSL keeps of Lua's memory is kept by Lua, too, or is a copy: readers over strings,
-- contexts that are used again, chains that are freed as a whole or taken apart.
local ffi = require("ffi")
local crypto = ffi.load("libcrypto.so.3")

ffi.cdef[[
typedef struct bio_st BIO;
typedef struct bio_method_st BIO_METHOD;
typedef struct evp_md_st EVP_MD;
typedef struct evp_md_ctx_st EVP_MD_CTX;
const BIO_METHOD *BIO_s_mem(void);
const BIO_METHOD *BIO_f_base64(void);
BIO *BIO_new(const BIO_METHOD *method);
BIO *BIO_new_mem_buf(const void *buf, int size);
BIO *BIO_push(BIO *bio, BIO *next);
BIO *BIO_pop(BIO *bio);
int BIO_read(BIO *bio, void *bytes, int size);
int BIO_write(BIO *bio, const void *bytes, int size);
long BIO_ctrl(BIO *bio, int command, long number, void *pointer);
int BIO_free(BIO *bio);
void BIO_free_all(BIO *bio);
const EVP_MD *EVP_sha256(void);
EVP_MD_CTX *EVP_MD_CTX_new(void);
void EVP_MD_CTX_free(EVP_MD_CTX *context);
int EVP_DigestInit_ex(EVP_MD_CTX *context, const EVP_MD *type, void *engine);
int EVP_DigestUpdate(EVP_MD_CTX *context, const void *bytes, size_t size);
int EVP_DigestFinal_ex(EVP_MD_CTX *context, unsigned char *digest, unsigned *size);
]]
local BIO_CTRL_INFO, BIO_CTRL_FLUSH = 3, 11

local context = ffi.gc(crypto.EVP_MD_CTX_new(), crypto.EVP_MD_CTX_free)
local digest, size = ffi.new("unsigned char[64]"), ffi.new("unsigned[1]")

local function sha256(...)
    crypto.EVP_DigestInit_ex(context, crypto.EVP_sha256(), nil)
    for _, part in ipairs({ ... }) do crypto.EVP_DigestUpdate(context, part, #part) end
    crypto.EVP_DigestFinal_ex(context, digest, size)
    return ffi.string(digest, size[0])
end

local function base64(bytes)
    local filter, sink = crypto.BIO_new(crypto.BIO_f_base64()), crypto.BIO_new(crypto.BIO_s_mem())
    local chain = ffi.gc(crypto.BIO_push(filter, sink), crypto.BIO_free_all)
    local text = ffi.new("char *[1]")
    crypto.BIO_write(chain, bytes, #bytes)
    crypto.BIO_ctrl(chain, BIO_CTRL_FLUSH, 0, nil)
    local n = crypto.BIO_ctrl(chain, BIO_CTRL_INFO, 0, text)
    return ffi.string(text[0], n)
end

local function decode(text)
    local source = ffi.gc(crypto.BIO_new_mem_buf(text, #text), crypto.BIO_free)
    local filter = ffi.gc(crypto.BIO_new(crypto.BIO_f_base64()), crypto.BIO_free)
    crypto.BIO_push(filter, source)
    local bytes = ffi.new("char[?]", #text)
    local n = crypto.BIO_read(filter, bytes, #text)
    crypto.BIO_pop(filter)
    return ffi.string(bytes, n), text
end

local same = 0
for round = 1, 300 do
    local hash = sha256("round ", tostring(round))
    local text = base64(hash)
    if decode(text) == hash then same = same + 1 end
end
print(same, (sha256("abc"):gsub(".", function(byte) return ("%02x"):format(byte:byte()) end)))
