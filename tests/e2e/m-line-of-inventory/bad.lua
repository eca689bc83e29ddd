-- SPDX-License-Identifier: MIT
-- lines are formatted in one buffer, by the program and by the finalizers of its handles
local ffi = require("ffi")
ffi.cdef [[
int snprintf(char *out, size_t size, const char *format, ...);
void *malloc(size_t size);
void free(void *p);
]]
local C = ffi.C

local line = ffi.new("char[64]")
local closed = {}

local function format(name, id)
    C.snprintf(line, 64, "%s #%d", name, ffi.cast("int", id))
    local entry = { name = name, tags = { id, name .. id } }
    entry.text = ffi.string(line)
    return entry
end

local function open(id)
    return ffi.gc(C.malloc(32), function(p)
        closed[#closed + 1] = format("closed", id).text
        C.free(p)
    end)
end

local entries, wrong = {}, 0
for id = 1, 300 do
    local handle = open(id)
    local entry = format("item", id)
    if entry.text ~= "item #" .. id then wrong = wrong + 1 end
    entries[id % 7 + 1] = { entry, handle ~= nil }
end
print(#entries)
