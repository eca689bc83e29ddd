-- SPDX-License-Identifier: MIT
-- Functions that return the buffer that they were given, which the program uses again.
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
char *strcpy(char *to, const char *from);
char *strcat(char *to, const char *from);
char *strncpy(char *to, const char *from, size_t n);
const char *inet_ntop(int family, const void *address, char *out, unsigned size);
void *malloc(size_t size);
void free(void *block);
char *strfry(char *string);
]]

local own, of_c = ffi.new("char[64]"), ffi.cast("char *", C.malloc(64))
local out = {}
for _, buffer in ipairs({ own, of_c }) do
    local first = C.strcpy(buffer, "one")
    local second = C.strcat(buffer, " two")
    out[#out + 1] = ffi.string(second) .. "=" .. ffi.string(first)
    first = C.strcpy(buffer, "three")
    second = C.strcpy(buffer, "four")
    out[#out + 1] = ffi.string(second) .. "=" .. ffi.string(first)
    first = C.inet_ntop(2, ffi.new("uint8_t[4]", 10, 0, 0, 1), buffer, 64)
    second = C.inet_ntop(2, ffi.new("uint8_t[4]", 192, 168, 1, 2), buffer, 64)
    out[#out + 1] = ffi.string(second) .. "=" .. ffi.string(first)
end
C.free(of_c)
print(table.concat(out, " "))
