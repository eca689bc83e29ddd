-- SPDX-License-Identifier: MIT
-- libc's trees with keys of malloc, lines by getline from a stream in memory
local ffi = require("ffi")
ffi.cdef [[
    typedef struct FILE FILE;
    void *malloc(size_t); void free(void *); int strcmp(const char *, const char *); char *strdup(const char *);
    void *tsearch(const void *key, void **root, int (*)(const char *, const char *));
    void tdestroy(void *root, void (*)(void *));
    FILE *fmemopen(void *, size_t, const char *); long getline(char **, size_t *, FILE *); int fclose(FILE *);
]]
local C, total = ffi.C, 0
local compare = ffi.cast("int (*)(const char *, const char *)", C.strcmp)
local release = ffi.cast("void (*)(void *)", C.free)
local words = {}
for i = 1, 1000 do words[i] = "word " .. i * 7919 % 1000 end
local text = table.concat(words, "\n")
local line, size = ffi.new("char *[1]"), ffi.new("size_t[1]")
for _ = 1, 2000 do
    local root = ffi.new("void *[1]")
    local memory = ffi.new("char[?]", #text + 1, text)
    local stream = C.fmemopen(memory, #text, "r")
    while C.getline(line, size, stream) > 0 do
        C.tsearch(C.strdup(line[0]), root, compare)
        total = total + line[0][5]
    end
    C.fclose(stream)
    C.tdestroy(root[0], release)
end
C.free(line[0])
print(total)
