-- SPDX-License-Identifier: MIT
-- A stream has a buffer of Lua's, which lives longer than the stream, or is taken away before it goes.
local ffi = require("ffi")
local C = ffi.C
ffi.cdef[[
typedef struct FILE FILE;
FILE *tmpfile(void);
int setvbuf(FILE *stream, char *buffer, int mode, size_t size);
int fputs(const char *text, FILE *stream);
int fflush(FILE *stream);
int fclose(FILE *stream);
void rewind(FILE *stream);
char *fgets(char *line, int size, FILE *stream);
]]

local function round(n)
    local buffer = ffi.new("char[?]", 64 * n)
    local stream = C.tmpfile()
    C.setvbuf(stream, buffer, 0, 64 * n)
    for i = 1, 10 * n do C.fputs(("line %d of %d\n"):format(i, n), stream) end
    C.rewind(stream)
    local line = ffi.new("char[80]")
    local first = ffi.string(C.fgets(line, 80, stream))
    C.fclose(stream)
    return first, buffer
end

for n = 1, 8 do io.write((round(n))) end
