-- SPDX-License-Identifier: MIT
-- upper: makes a word upper case where it is, which is in the memory of a Lua string.
-- `luajit upper.lua` runs the bug, `luajit upper.lua fixed` its fix.
local ffi = require("ffi")
ffi.cdef "void *memcpy(void *to, const void *from, size_t n);"

local function shout(word, copy)
    local bytes = copy and ffi.new("char[?]", #word) or ffi.cast("char *", word)
    ffi.C.memcpy(bytes, word:upper(), #word)
    return ffi.string(bytes, #word)
end

local word = table.concat({ "al", "arm" })
print(shout(word, arg[1] == "fixed"))
print(word)
