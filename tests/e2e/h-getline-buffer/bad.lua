-- SPDX-License-Identifier: MIT
-- wordcount: getline(3) allocates the line, and the caller frees it
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
typedef struct FILE FILE;
FILE *fopen(const char *path, const char *mode);
long getline(char **line, size_t *size, FILE *stream);
int fclose(FILE *stream);
void free(void *p);
]]

local function count(path)
    local stream = C.fopen(path, "r")
    if stream == nil then return 0 end
    local line, size = ffi.new("char *[1]"), ffi.new("size_t[1]")
    local lines = 0
    while C.getline(line, size, stream) > 0 do lines = lines + 1 end
    C.fclose(stream)
    return lines
end

local total = 0
for _ = 1, 8 do
    for _, path in ipairs({ "/etc/passwd", "/etc/group", "/etc/hosts" }) do total = total + count(path) end
end
print(total > 0)
