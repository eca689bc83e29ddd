-- SPDX-License-Identifier: MIT
-- renderer: the text of open_memstream(3) is read, the stream closed, the buffer lost
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
typedef struct FILE FILE;
FILE *open_memstream(char **buffer, size_t *size);
int fputs(const char *text, FILE *stream);
int fclose(FILE *stream);
void free(void *p);
]]

local renderer = {}

function renderer.page(title, lines)
    local buffer, size = ffi.new("char *[1]"), ffi.new("size_t[1]")
    local stream = C.open_memstream(buffer, size)
    C.fputs("# " .. title .. "\n", stream)
    for _, line in ipairs(lines) do C.fputs("- " .. line .. "\n", stream) end
    C.fclose(stream)
    local text = ffi.string(buffer[0], size[0])
    return text
end

local bytes = 0
for i = 1, 10 do
    bytes = bytes + #renderer.page("page " .. i, { "first", "second", ("%d items"):format(i) })
end
print(bytes)
