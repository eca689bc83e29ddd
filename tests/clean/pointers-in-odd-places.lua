-- SPDX-License-Identifier: MIT
-- Pointers to C memory that lie in packed structs, at any address, in shared memory, in memory that is
-- read-only by now, in a pipe, or in text: no leak.
local ffi = require("ffi")
local C = ffi.C

ffi.cdef [[
    typedef struct __attribute__((packed)) { uint32_t tag; char *name; } tagged;
    typedef struct __attribute__((packed)) { uint8_t tag; char *name; } narrow;
    typedef struct __attribute__((packed)) { uint16_t tag; narrow *inner; } outer;
    typedef struct { char *names[32]; } board;
    void *malloc(size_t size);
    void free(void *block);
    char *strdup(const char *text);
    void *mmap(void *address, size_t size, int protection, int flags, int fd, long offset);
    int munmap(void *address, size_t size);
    int mprotect(void *address, size_t size, int protection);
    int pipe(int *fds);
    ssize_t read(int fd, void *data, size_t size);
    ssize_t write(int fd, const void *data, size_t size);
]]
local N = 32
local of_lua = ffi.new("tagged[?]", N)
local of_c = ffi.cast("outer *", C.malloc(ffi.sizeof("outer") * N))
local PROTECTION, SHARED_ANONYMOUS = 3, 0x21
local shared = ffi.cast("board *", C.mmap(nil, 4096, PROTECTION, SHARED_ANONYMOUS, -1, 0))

local sealed = ffi.cast("board *", C.mmap(nil, 4096, PROTECTION, 0x22, -1, 0))
local fds = ffi.new("int[2]")
assert(C.pipe(fds) == 0)
local texts, bytes = {}, {}

local function send(i)
    C.write(fds[1], ffi.new("char *[1]", C.strdup("sent " .. i)), ffi.sizeof("char *"))
end

local function receive()
    local box = ffi.new("char *[1]")
    C.read(fds[0], box, ffi.sizeof("char *"))
    return box[0]
end

local function fill(i)
    sealed.names[i] = C.strdup("sealed " .. i)
    send(i)
    texts[i] = ("%d"):format(tonumber(ffi.cast("uintptr_t", C.strdup("text " .. i))))
    bytes[i] = "x" .. ffi.string(ffi.new("char *[1]", C.strdup("bytes " .. i)), 8)
    of_lua[i].name = C.strdup("tagged " .. i)
    of_c[i].inner = ffi.cast("narrow *", C.malloc(ffi.sizeof("narrow")))
    of_c[i].inner.name = C.strdup("narrow " .. i)
    shared.names[i] = C.strdup("shared " .. i)
end

for i = 0, N - 1 do fill(i) end
assert(C.mprotect(sealed, 4096, 1) == 0)
local kept = {}
for i = 1, 30000 do kept[i % 64] = { i, tostring(i) } end

local length = 0
for i = 0, N - 1 do
    local text = ffi.cast("char *", tonumber(texts[i]))
    local box = ffi.new("char *[1]")
    ffi.copy(box, bytes[i]:sub(2), 8)
    for _, name in ipairs { of_lua[i].name, of_c[i].inner.name, shared.names[i], sealed.names[i],
                            receive(), text, box[0] } do
        length = length + #ffi.string(name)
        C.free(name)
    end
    C.free(of_c[i].inner)
end
C.free(of_c)
print(length, C.munmap(shared, 4096))
