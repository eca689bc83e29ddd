-- SPDX-License-Identifier: MIT
-- paths are put together by C, which is told a size that the buffer has not
local ffi = require("ffi")
ffi.cdef "int snprintf(char *out, size_t size, const char *format, ...);"
local C = ffi.C

local Paths = {}

function Paths.join(directory, name)
    local room = ffi.new("char[?]", #directory + #name + 2)
    local n = C.snprintf(room, 4096, "%s/%s", directory, name)
    return ffi.string(room, math.min(n, #directory + #name))
end

print(#Paths.join("/usr/share", "dictionary"))
print(#Paths.join("/etc", "hosts"))
