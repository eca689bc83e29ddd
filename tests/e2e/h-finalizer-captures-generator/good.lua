-- SPDX-License-Identifier: MIT
-- chunks: a generator reads a block piece by piece; the finalizer stops it
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
void *malloc(size_t size);
void free(void *p);
]]

local function pieces(text, size)
    local source = {}
    source.block = ffi.cast("char *", C.malloc(#text))
    ffi.copy(source.block, text, #text)
    source.next = coroutine.wrap(function()
        local at = 0
        while at < #text do
            local n = math.min(size, #text - at)
            if coroutine.yield(ffi.string(source.block + at, n)) then return end
            at = at + n
        end
    end)
    ffi.gc(source.block, C.free)
    return source
end

local function first_pieces(text, n)
    local source, out = pieces(text, 4), {}
    for i = 1, n do out[i] = source.next() end
    return table.concat(out, "|")
end

for i = 1, 10 do print(first_pieces(("a text of some length, number %d"):format(i), 3)) end
