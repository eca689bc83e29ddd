-- SPDX-License-Identifier: MIT
-- slices: a shared scratch buffer is replaced by a larger one while a slice points into it
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
struct my_slice { size_t size; char *data; };
int memcmp(const void *a, const void *b, size_t size);
]]

local scratch, scratch_size

local function get_scratch(size)
    if not scratch or size > scratch_size then
        scratch, scratch_size = ffi.new("char[?]", size), size
    end
    return scratch
end

local function slice(text)
    local s = ffi.new("struct my_slice")
    s.size = #text
    local data = ffi.new("char[?]", #text)
    s.data = data
    ffi.copy(s.data, text, #text)
    return s, data
end

local function compare(a, b)
    local left, left_data = slice(a)
    local right, right_data = slice(b)
    local verdict = { size = math.min(#a, #b) }
    verdict.order = C.memcmp(left.data, right.data, verdict.size)
    assert(left_data and right_data)
    return verdict.order < 0 and "before" or verdict.order > 0 and "after" or "same"
end

print(compare("sixteen letters!", "sixteen letters, and many more of them"))
