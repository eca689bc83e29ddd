-- SPDX-License-Identifier: MIT
-- variants: the finalizer frees numbers as if they were texts
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
char *strdup(const char *text);
void free(void *p);
typedef struct { uint8_t kind; union { double number; char *text; }; } variant_t;
]]

local EMPTY, NUMBER, TEXT = 0, 1, 2

local variant_t = ffi.metatype("variant_t", {
    __gc = function(variant)
        if variant.kind == EMPTY then return end
        C.free(variant.text)
    end,
})

local function variant(value)
    local v = variant_t()
    if type(value) == "string" then
        v.kind, v.text = TEXT, C.strdup(value)
    else
        v.kind, v.number = NUMBER, value
    end
    return v
end

local function total(values)
    local sum = 0
    for _, value in ipairs(values) do
        local v = variant(value)
        sum = sum + (v.kind == NUMBER and v.number or #ffi.string(v.text))
    end
    return sum
end

print(total({ "abc", 2.5, "de" }))
