-- SPDX-License-Identifier: MIT
-- sorter: C's qsort with a comparison that a plugin brings
local ffi = require("ffi")
local C = ffi.C
ffi.cdef[[
void qsort(void *base, size_t n, size_t size, int (*compare)(const void *, const void *));
int text_compare(const void *a, const void *b);
]]

local function comparison(name)
    return ffi.load("plugin_text")[name]
end

local compare = comparison("text_compare")

local function sorted(list)
    local n = #list
    local words = ffi.new("const char *[?]", n)
    for i, word in ipairs(list) do words[i - 1] = word end
    C.qsort(words, n, ffi.sizeof("char *"), compare)
    local out = {}
    for i = 0, n - 1 do out[#out + 1] = ffi.string(words[i]) end
    return table.concat(out, " ")
end

local function lists(n)
    local last
    for i = 1, n do
        local list = { "pear", "fig" .. i, "apple", "quince" }
        last = sorted(list)
    end
    return last
end

print(lists(300))
