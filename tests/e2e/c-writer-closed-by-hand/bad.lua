-- SPDX-License-Identifier: MIT
-- report: a writer that is closed when a page is full
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
typedef struct FILE FILE;
FILE *fopen(const char *path, const char *mode);
int fputs(const char *text, FILE *stream);
int fclose(FILE *stream);
]]

local writer = {}
writer.__index = writer

function writer.open(path)
    local stream = C.fopen(path, "w")
    assert(stream ~= nil, "cannot write")
    return setmetatable({ stream = writer.own(stream), lines = 0 }, writer)
end

function writer.own(stream)
    return ffi.gc(stream, C.fclose)
end

function writer:put(line)
    self.lines = self.lines + 1
    return C.fputs(line .. "\n", self.stream)
end

function writer:close()
    local stream = self.stream
    self.stream = nil
    return C.fclose(stream)
end

local path, lines = os.tmpname(), 0
for page = 1, 8 do
    local w = writer.open(path)
    for i = 1, page do w:put("line " .. i) end
    w:close()
    lines = lines + w.lines
end
print(lines)
os.remove(path)
