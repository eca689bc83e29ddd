-- SPDX-License-Identifier: MIT
-- one buffer for everybody: what is in it is used at once, or it is filled again
local ffi = require("ffi")
ffi.cdef [[
int snprintf(char *out, size_t size, const char *format, ...);
size_t strlen(const char *text);
void *malloc(size_t size);
void free(void *p);
]]
local C = ffi.C

local line = ffi.new("char[80]")

local function format(...)
    local n = C.snprintf(line, 80, ...)
    return ffi.string(line, n)
end

local function measure(name, id)
    C.snprintf(line, 80, "%s:%d", name, ffi.cast("int", id))
    local length = tonumber(C.strlen(line))
    local row = { name = name, length = length, extra = { id, name .. id } }
    C.snprintf(line, 80, "%s:%d", name, ffi.cast("int", id))
    row.text = ffi.string(line)
    return row
end

local closed = {}
local function open(id)
    return ffi.gc(C.malloc(16), function(p)
        closed[#closed % 9 + 1] = format("closed %d", ffi.cast("int", id))
        C.free(p)
    end)
end

local rows, wrong = {}, 0
for id = 1, 300 do
    local handle = open(id)
    local title = format("title %d", ffi.cast("int", id))
    local parts = { title, title .. "!", {} }
    if parts[1] ~= "title " .. id then wrong = wrong + 1 end
    rows[id % 6 + 1] = { handle, measure("row", id % 10), parts }
end
print(wrong, #rows)
