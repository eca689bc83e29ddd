-- SPDX-License-Identifier: MIT
-- writable pointers to strings that nobody writes through, or only what is there already
local ffi = require("ffi")
ffi.cdef [[
size_t strlen(const char *s);
int memcmp(const void *a, const void *b, size_t n);
char *strchr(const char *s, int c);
void *memcpy(void *to, const void *from, size_t n);
long strtol(const char *s, char **end, int base);
]]
local C = ffi.C

local function length(text) return tonumber(C.strlen(ffi.cast("char *", text))) end

local function number(text)
    local stop = ffi.new("char *[1]")
    local value = C.strtol(text, stop, 10)
    return tonumber(value), tonumber(stop[0] - ffi.cast("char *", text))
end

-- The same bytes once more: nothing changes.
local function rewrite(text)
    local bytes = ffi.cast("uint8_t *", text)
    for i = 0, #text - 1 do bytes[i] = text:byte(i + 1) end
    C.memcpy(bytes, text .. "", #text)
    ffi.copy(bytes, text, #text)
    return C.memcmp(bytes, text, #text) == 0
end

local function value_of(line)
    local at = C.strchr(ffi.cast("char *", line), 61)
    return at ~= nil and ffi.string(at + 1) or nil
end

local sum, kept = 0, {}
for i = 1, 3000 do
    local line = "key" .. i .. "=" .. i * 3
    local value, digits = number(tostring(i) .. " rest")
    sum = sum + length(line) + value + digits
    assert(rewrite(line))
    assert(value_of(line) == tostring(i * 3))
    kept[i % 50 + 1] = line
end
local large = ("abcdefgh"):rep(20000)
for _ = 1, 20 do
    assert(rewrite(large:sub(1, 40000)))
    assert(length(large) == 160000)
end
local name = "one name"
local view = ffi.cast("char *", name)
for i = 1, 2000 do kept[i % 50 + 1] = { name, view, "x" .. i } end
print(sum, #kept, ffi.string(view), #large)
