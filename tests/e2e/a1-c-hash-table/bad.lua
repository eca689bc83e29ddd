-- SPDX-License-Identifier: MIT
-- keywords: a hash table of libc, which stores the keys as they are given
local ffi = require("ffi")
local C = ffi.C
ffi.cdef[[
typedef struct entry { const char *key; void *data; } ENTRY;
enum { FIND, ENTER };
int hcreate(size_t n);
ENTRY *hsearch(ENTRY item, int action);
void hdestroy(void);
]]

local Keywords = {}

local function full_name(group, name) return group .. "." .. name end

function Keywords.add(group, names)
    for number, name in ipairs(names) do
        local key = full_name(group, name)
        C.hsearch(ffi.new("ENTRY", key, ffi.cast("void *", number)), C.ENTER)
    end
end

function Keywords.number(group, name)
    local key = full_name(group, name)
    local entry = C.hsearch(ffi.new("ENTRY", key), C.FIND)
    return entry ~= nil and tonumber(ffi.cast("intptr_t", entry.data)) or 0
end

C.hcreate(40)
Keywords.add("style", { "color", "width", "margin" })
print(Keywords.number("style", "width"), Keywords.number("style", "font"), Keywords.number("style", "color"))
C.hdestroy()
