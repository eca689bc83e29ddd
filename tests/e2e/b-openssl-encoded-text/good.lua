-- SPDX-License-Identifier: MIT
-- token: base64 by a chain of BIOs; the text is copied while they live
local ffi = require("ffi")
local crypto = ffi.load("libcrypto.so.3")

ffi.cdef[[
typedef struct bio_st BIO;
typedef struct bio_method_st BIO_METHOD;
const BIO_METHOD *BIO_f_base64(void);
const BIO_METHOD *BIO_s_mem(void);
BIO *BIO_new(const BIO_METHOD *method);
BIO *BIO_push(BIO *bio, BIO *next);
int BIO_write(BIO *bio, const void *bytes, int size);
long BIO_ctrl(BIO *bio, int command, long number, void *pointer);
void BIO_free_all(BIO *bio);
]]
local BIO_CTRL_INFO, BIO_CTRL_FLUSH = 3, 11

local function encode(bytes)
    local chain = crypto.BIO_push(crypto.BIO_new(crypto.BIO_f_base64()), crypto.BIO_new(crypto.BIO_s_mem()))
    local text = ffi.new("char *[1]")
    crypto.BIO_write(chain, bytes, #bytes)
    crypto.BIO_ctrl(chain, BIO_CTRL_FLUSH, 0, nil)
    local size = crypto.BIO_ctrl(chain, BIO_CTRL_INFO, 0, text)
    local copy = ffi.string(text[0], size)
    crypto.BIO_free_all(chain)
    return copy, #copy
end

local function token_of(user, secret)
    local text, size = encode(user .. ":" .. secret)
    return { user = user, value = ffi.string(text, size):gsub("%s+$", "") }
end

print(#token_of("ada", "analytical engine").value > 0 and "a token" or "no token")
