-- SPDX-License-Identifier: MIT
-- bytes: a growing buffer; a header in it is patched when the length is known
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
void *malloc(size_t size);
void *realloc(void *p, size_t size);
void free(void *p);
typedef struct { uint16_t kind; uint16_t flags; uint32_t length; } header_t;
]]

local Writer = {}
Writer.__index = Writer

function Writer.new(room)
    return setmetatable({ data = ffi.cast("uint8_t *", C.malloc(room)), room = room, used = 0 }, Writer)
end

function Writer:reserve(n)
    local at = self.used
    if at + n > self.room then
        self.room = (at + n) * 2
        self.data = ffi.cast("uint8_t *", C.realloc(self.data, self.room))
    end
    self.used = at + n
    return at
end

function Writer:text(text)
    local at = self:reserve(#text)
    ffi.copy(self.data + at, text, #text)
end

local function message(kind, parts)
    local out = Writer.new(32)
    local start = out:reserve(ffi.sizeof("header_t"))
    local header = ffi.cast("header_t *", out.data + start)
    header.kind, header.flags = kind, 0
    for _, part in ipairs(parts) do out:text(part) end
    header.length = out.used
    local length = ffi.cast("header_t *", out.data + start).length
    C.free(out.data)
    return length
end

local parts = {}
for i = 1, 12 do parts[i] = ("field-%d;"):format(i) end
message(7, parts)
print("sent", #parts)
