-- SPDX-License-Identifier: MIT
-- pages: the buffer for a file that cannot be opened is lost
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
typedef struct FILE FILE;
void *malloc(size_t size);
void free(void *p);
FILE *fopen(const char *path, const char *mode);
size_t fread(void *to, size_t size, size_t n, FILE *stream);
int fclose(FILE *stream);
]]

local function first_page(path, size)
    local page = C.malloc(size)
    local stream = C.fopen(path, "rb")
    if stream == nil then
        return nil, "no such file"
    end
    local n = C.fread(page, 1, size, stream)
    C.fclose(stream)
    local text = ffi.string(page, n)
    C.free(page)
    return text
end

print(#first_page("/etc/passwd", 64))
for _, name in ipairs({ "a", "b", "c" }) do
    print(first_page("/nonexistent/" .. name, 4096))
end
