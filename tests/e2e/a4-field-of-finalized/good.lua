-- SPDX-License-Identifier: MIT
-- dictionary: a wrapper with a finalizer is dropped, its member is handed out
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
void *malloc(size_t size);
char *strdup(const char *text);
void free(void *p);
typedef struct { char *word; int length; } entry_t;
]]

local function drop(entry)
    C.free(entry.word)
    C.free(entry)
end

local function new_entry(word)
    local entry = ffi.cast("entry_t *", C.malloc(ffi.sizeof("entry_t")))
    entry.word = C.strdup(word)
    entry.length = #word
    return ffi.gc(entry, drop)
end

local dictionary = {}

function dictionary.lookup(word)
    local entry = new_entry(word:upper())
    return ffi.string(entry.word), entry.length
end

local words = {}
for i, word in ipairs({ "collector", "pointer", "finalizer", "anchor", "holder" }) do
    words[i] = dictionary.lookup(word)
end
local text = {}
for i = 1, #words do text[i] = words[i] end
print(table.concat(text, " "))
