-- SPDX-License-Identifier: MIT
-- logger: lines in memory of C, which the queue frees as long as it has room
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
int asprintf(char **out, const char *format, ...);
void free(void *block);
]]

local out, ROOM = ffi.new("char *[1]"), 90
local logger = { bytes = 0, n = 0 }

function logger.line(format, ...)
    local n = C.asprintf(out, format, ...)
    if n < 0 then return 0 end
    local size = #ffi.string(out[0], n)
    logger.n = logger.n + 1
    C.free(out[0])
    return size
end

function logger:request(i)
    self.bytes = self.bytes + self.line("request %d of %s", ffi.cast("int", i), "client")
end

for i = 1, 200 do logger:request(i) end
print(logger.bytes)
