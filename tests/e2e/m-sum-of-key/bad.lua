-- SPDX-License-Identifier: MIT
-- keys of a cache are summed up by zlib from one buffer; entries that go write themselves down
local ffi = require("ffi")
ffi.cdef [[
unsigned long crc32(unsigned long crc, const char *data, unsigned size);
void *calloc(size_t n, size_t size);
void free(void *p);
]]
local z = ffi.load("z")

local key = ffi.new("char[32]")
local journal = {}

local function sum(name)
    local label = name .. "\0"
    ffi.copy(key, label, #label)
    journal[#journal % 10 + 1] = { name = name, parts = { name:match("(%a+)-(%d+)") } }
    return tonumber(z.crc32(0, key, #name))
end

local function store(name)
    return ffi.gc(ffi.C.calloc(1, 64), function(entry)
        sum("evicted-" .. name:sub(5))
        ffi.C.free(entry)
    end)
end

local cache, total = {}, 0
for i = 1, 400 do
    local name = ("key-%03d"):format(i)
    cache[i % 8 + 1] = { value = store(name), sum = sum(name) }
    total = total + 1
end
print(total, #cache)
