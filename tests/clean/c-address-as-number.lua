-- SPDX-License-Identifier: MIT
-- Blocks of C are known only by a number, a string or an integer cdata until they are freed.
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
void *malloc(size_t size);
char *strdup(const char *text);
void free(void *p);
]]

local numbers, strings, words = {}, {}, {}

local function as_number(text) return tonumber(ffi.cast("uintptr_t", C.strdup(text))) end
local function as_string(text) return ("%x"):format(tonumber(ffi.cast("uintptr_t", C.strdup(text)))) end
local function as_word(text) return ffi.cast("uint64_t", C.strdup(text)) end

for i = 1, 60 do
    numbers[i] = as_number("number " .. i)
    strings[i] = as_string("string " .. i)
    words[i] = as_word("word " .. i)
end

local function take(address)
    local p = ffi.cast("char *", address)
    local text = ffi.string(p)
    C.free(p)
    return #text
end

local sum = 0
for i = 1, 60 do
    sum = sum + take(numbers[i]) + take(tonumber(strings[i], 16)) + take(words[i])
end
print(sum)
