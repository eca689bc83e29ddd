-- SPDX-License-Identifier: MIT
-- arena: objects made of closures; the finalizer is the method that the user can call as well
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
void *calloc(size_t n, size_t size);
void free(void *p);
]]

local function new_arena(size)
    local block = ffi.cast("uint8_t *", C.calloc(1, size))
    local used = 0

    local function release()
        if block ~= nil then
            C.free(ffi.gc(block, nil))
            block = nil
        end
    end
    local function take(n)
        local start = used
        used = used + n
        assert(used <= size, "arena is full")
        return block + start
    end

    ffi.gc(block, C.free)
    return { take = take, release = release, used = function() return used end }
end

local function checksum(text)
    local arena = new_arena(256)
    local copy = arena.take(#text + 1)
    ffi.copy(copy, text)
    local sum = 0
    for i = 0, #text - 1 do sum = (sum * 31 + copy[i]) % 65536 end
    return sum, arena.used()
end

local words = { "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta" }
for i, word in ipairs(words) do print(i, word, checksum(word)) end
