-- SPDX-License-Identifier: MIT
-- journal: a stream is closed by hand, and once more by its finalizer
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
typedef struct FILE FILE;
FILE *fopen(const char *path, const char *mode);
int fputs(const char *text, FILE *stream);
int fclose(FILE *stream);
]]

local Journal = {}
Journal.__index = Journal

function Journal.open(path)
    local stream = C.fopen(path, "w")
    assert(stream ~= nil, "cannot open " .. path)
    return setmetatable({ stream = ffi.gc(stream, C.fclose), lines = 0 }, Journal)
end

function Journal:add(text)
    C.fputs(text .. "\n", self.stream)
    self.lines = self.lines + 1
end

function Journal:close()
    C.fclose(self.stream)
    self.stream = nil
    return self.lines
end

local lines = 0
for day = 1, 4 do
    local journal = Journal.open("/dev/null")
    for i = 1, day * 3 do journal:add(("entry %d of day %d"):format(i, day)) end
    lines = lines + journal:close()
end
print(lines)
