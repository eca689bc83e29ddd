-- SPDX-License-Identifier: MIT
-- What one function of a library made another one frees: directories, addresses, patterns, streams.
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
typedef struct __dirstream DIR;
DIR *opendir(const char *name);
void *readdir(DIR *dir);
int closedir(DIR *dir);
typedef struct { char opaque[64]; } regex_t;
int regcomp(regex_t *re, const char *pattern, int flags);
int regexec(const regex_t *re, const char *text, size_t n, void *matches, int flags);
void regfree(regex_t *re);
struct addrinfo;
int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **res);
void freeaddrinfo(struct addrinfo *res);
typedef struct FILE FILE;
FILE *fopen(const char *path, const char *mode);
int fclose(FILE *stream);
int fgetc(FILE *stream);
]]

local function entries(path)
    local dir, n = ffi.gc(C.opendir(path), C.closedir), 0
    while C.readdir(dir) ~= nil do n = n + 1 end
    return n
end

local function matches(pattern, texts)
    local re, n = ffi.gc(ffi.new("regex_t"), C.regfree), 0
    assert(C.regcomp(re, pattern, 1) == 0)
    for _, text in ipairs(texts) do
        if C.regexec(re, text, 0, nil, 0) == 0 then n = n + 1 end
    end
    return n
end

local function resolves(address)
    local result = ffi.new("struct addrinfo *[1]")
    if C.getaddrinfo(address, nil, nil, result) ~= 0 then return false end
    C.freeaddrinfo(result[0])
    return true
end

local function first_byte(path)
    local stream = C.fopen(path, "r")
    local byte = C.fgetc(stream)
    C.fclose(stream)
    return byte
end

for i = 1, 12 do
    assert(entries("/etc") > 2)
    assert(matches("^[a-z]+" .. i, { "abc" .. i, "ABC", "x" .. i }) == 2)
    assert(resolves("127.0.0." .. i))
    assert(first_byte("/etc/passwd") > 0)
end
print("done")
