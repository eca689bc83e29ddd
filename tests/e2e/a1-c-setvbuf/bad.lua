-- SPDX-License-Identifier: MIT
-- journal: a stream with a buffer of its own size
local ffi = require("ffi")
local C = ffi.C
ffi.cdef[[
typedef struct FILE FILE;
FILE *tmpfile(void);
int setvbuf(FILE *stream, char *buffer, int mode, size_t size);
int fputs(const char *text, FILE *stream);
int fclose(FILE *stream);
void rewind(FILE *stream);
char *fgets(char *line, int size, FILE *stream);
]]

local Journal = {}
Journal.__index = Journal

local function new_buffer(size)
    local buffer = ffi.new("char[?]", size)
    return buffer
end

function Journal.open(size)
    local self = setmetatable({ stream = C.tmpfile(), lines = 0 }, Journal)
    assert(self.stream ~= nil and C.setvbuf(self.stream, new_buffer(size), 0, size) == 0)
    return self
end

function Journal:write(...)
    self.lines = self.lines + 1
    C.fputs(("%d: %s\n"):format(self.lines, table.concat({ ... }, " ")), self.stream)
end

function Journal:last()
    local line = ffi.new("char[200]")
    C.rewind(self.stream)
    while C.fgets(line, 200, self.stream) ~= nil do end
    return ffi.string(line)
end

local journal = Journal.open(512)
for i = 1, 5 do journal:write("entry", i, ("x"):rep(i)) end
io.write(journal:last())
C.fclose(journal.stream)
