-- SPDX-License-Identifier: MIT
-- Addresses of C memory that are kept with something else in their upper bits, as lock-free lists
-- keep a count there, and packed into six bytes.
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
char *strdup(const char *text);
void *malloc(size_t size);
void free(void *block);
typedef union { char *text; uint16_t parts[4]; } tagged_t;
]]

local N, PACKED = 40, 6
local tagged = ffi.cast("tagged_t *", C.malloc(N * ffi.sizeof("tagged_t")))
local packed = ffi.cast("char *", C.malloc(N * PACKED))

local function keep(i)
    tagged[i].text = C.strdup(("tagged %d"):format(i))
    tagged[i].parts[3] = i + 1
    local text = ffi.new("char *[1]", C.strdup(("packed %d"):format(i)))
    ffi.copy(packed + i * PACKED, text, PACKED)
end

local function take(i)
    tagged[i].parts[3] = 0
    local text = ffi.new("char *[1]")
    ffi.copy(text, packed + i * PACKED, PACKED)
    local both = ffi.string(tagged[i].text) .. ffi.string(text[0])
    C.free(tagged[i].text)
    C.free(text[0])
    return #both
end

local function other_work(n)
    local parts = {}
    for i = 1, n do parts[i % 20] = { ffi.new("int[4]", i), ("part %d"):format(i) } end
    return #parts
end

for i = 0, N - 1 do
    keep(i)
    other_work(200)
end
local length = 0
for i = 0, N - 1 do length = length + take(i) end
C.free(tagged)
C.free(packed)
print(length)
