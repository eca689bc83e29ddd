-- SPDX-License-Identifier: MIT
-- A tree of libc, ordered by what its keys say; keys are taken out before they go.
local ffi = require("ffi")
local C = ffi.C
local lib = ffi.load("testhelper")
ffi.cdef[[
typedef int (*compare)(const void *, const void *);
void *tsearch(const void *key, void **root, compare);
void *tfind(const void *key, void *const *root, compare);
void *tdelete(const void *key, void **root, compare);
int testhelper_compare_strings(const void *a, const void *b);
]]

local root, keys = ffi.new("void *[1]"), {}

local function key_of(text)
    local key = ffi.new("const char *[1]")
    key[0] = text
    return key
end

local function add(text)
    local key = key_of(text)
    keys[text] = { key = key, text = text }
    C.tsearch(key, root, lib.testhelper_compare_strings)
end

local function has(text) return C.tfind(key_of(text), root, lib.testhelper_compare_strings) ~= nil end

local function remove(text)
    C.tdelete(keys[text].key, root, lib.testhelper_compare_strings)
    keys[text] = nil
end

local answers = {}
for round = 1, 3 do
    for i = 1, 10 do add(("key %d.%d"):format(round, i)) end
    for i = 1, 10, 2 do remove(("key %d.%d"):format(round, i)) end
    answers[round] = tostring(has("key " .. round .. ".2")) .. tostring(has("key " .. round .. ".3"))
end
print(table.concat(answers, " "))
for text in pairs(keys) do C.tdelete(keys[text].key, root, lib.testhelper_compare_strings) end
