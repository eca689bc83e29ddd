-- SPDX-License-Identifier: MIT
-- index: words sorted by C's qsort with a comparison of a C library
local ffi = require("ffi")
local C = ffi.C
local helper = ffi.load("testhelper")

ffi.cdef[[
void qsort(void *base, size_t n, size_t size, int (*compare)(const void *, const void *));
int testhelper_compare_strings(const void *a, const void *b);
]]

local function collect(text)
    local n = select(2, text:gsub("%a+", ""))
    local words, i = ffi.new("const char *[?]", n), 0
    for word in text:gmatch("%a+") do
        words[i] = word:lower() .. "."
        i = i + 1
    end
    return words, n
end

local function index(text)
    local words, n = collect(text)
    local out = { "index:" }
    C.qsort(words, n, ffi.sizeof("char *"), helper.testhelper_compare_strings)
    for i = 0, n - 1 do out[#out + 1] = ffi.string(words[i]) end
    return table.concat(out, " ")
end

print(index("The Quick brown Fox jumps Over Lazy"))
