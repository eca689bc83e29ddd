-- SPDX-License-Identifier: MIT
-- In and out pointers that end past their buffers, which are gone afterwards.
local ffi = require("ffi")
local C = ffi.C
ffi.cdef[[
void *iconv_open(const char *, const char *); size_t iconv(void *, char **, size_t *, char **, size_t *); int iconv_close(void *);
]]
local cd = C.iconv_open("UTF-8", "ISO-8859-1")
local inp, inl, outp, outl = ffi.new("char *[1]"), ffi.new("size_t[1]"), ffi.new("char *[1]"), ffi.new("size_t[1]")
local function conv(s)
    local src, dst = ffi.new("char[?]", #s + 1, s), ffi.new("char[?]", #s * 2 + 1)
    inp[0], inl[0], outp[0], outl[0] = src, #s, dst, #s * 2
    C.iconv(cd, inp, inl, outp, outl)
    return ffi.string(dst, #s * 2 - tonumber(outl[0]))
end
local n = 0
for i = 1, 60 do n = n + #conv(string.char(200 + i % 50):rep(i % 7) .. "abc") end
C.iconv_close(cd)
print(n)
