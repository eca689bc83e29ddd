-- SPDX-License-Identifier: MIT
-- converter: iconv reads and moves a pointer into the text
local ffi = require("ffi")
ffi.cdef[[
void *iconv_open(const char *to, const char *from);
size_t iconv(void *cd, char **in, size_t *inleft, char **out, size_t *outleft);
int iconv_close(void *cd);
]]
local Conv = {}
Conv.__index = Conv
function Conv.new(to, from)
    return setmetatable({
        cd = ffi.C.iconv_open(to, from),
        inp = ffi.new("char *[1]"), inleft = ffi.new("size_t[1]"),
        outp = ffi.new("char *[1]"), outleft = ffi.new("size_t[1]"),
        out = ffi.new("char[256]"),
    }, Conv)
end
function Conv:load(words)
    local text = "<" .. table.concat(words, " ") .. ">"
    self.inp[0] = ffi.cast("char *", text)
    self.inleft[0] = #text
end
function Conv:run()
    self.outp[0], self.outleft[0] = self.out, 256
    local r = tonumber(ffi.C.iconv(self.cd, self.inp, self.inleft, self.outp, self.outleft))
    return r, ffi.string(self.out, 256 - tonumber(self.outleft[0]))
end
local c = Conv.new("UTF-8", "ISO-8859-1")
c:load({ "caf\233", "na\239ve" })
print(c:run())
