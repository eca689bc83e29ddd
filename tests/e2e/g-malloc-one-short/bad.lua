-- SPDX-License-Identifier: MIT
-- C memory for a text: the NUL has no room
local ffi = require("ffi")
ffi.cdef [[
void *malloc(size_t size);
void free(void *block);
char *strcpy(char *to, const char *from);
]]
local C = ffi.C

local function duplicate(text)
    local room = ffi.cast("char *", C.malloc(#text))
    C.strcpy(room, text)
    return ffi.gc(room, C.free)
end

local kept = {}
for i = 1, 3 do kept[i] = duplicate(("item number %02d, kept"):format(i)) end
for i = 1, 3 do print(ffi.string(kept[i], 14)) end
