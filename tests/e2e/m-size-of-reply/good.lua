-- SPDX-License-Identifier: MIT
-- zlib tells the size of what it has compressed in a variable that finalizers use as well
local ffi = require("ffi")
ffi.cdef [[
int compress(unsigned char *out, unsigned long *size, const char *data, unsigned long n);
unsigned long compressBound(unsigned long n);
void *malloc(size_t size);
void free(void *p);
]]
local z = ffi.load("z")

local size = ffi.new("unsigned long[1]")

local function pack(text)
    local out = ffi.new("unsigned char[?]", 256)
    size[0] = 256
    assert(z.compress(out, size, text, #text) == 0)
    return out, tonumber(size[0])
end

local sent = 0
local function reply(id, text)
    local out, n = pack(text)
    local head = { "id " .. id, "kind " .. id % 3, {} }
    sent = sent + #head
    return ffi.string(out, n)
end

local function connect(id)
    return ffi.gc(ffi.C.malloc(16), function(p)
        pack(("goodbye %d "):format(id * 7919) .. ("0123456789abcdefghijklm"):sub(id % 7) .. id)
        ffi.C.free(p)
    end)
end

for id = 1, 300 do
    local peer = connect(id)
    reply(id, ("hello %d %s"):format(id, ("."):rep(id % 80)))
end
print(sent)
