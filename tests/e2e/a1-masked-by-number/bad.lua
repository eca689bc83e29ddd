-- SPDX-License-Identifier: MIT
-- A service that blocks all signals around a transaction, by system calls, and logs through a struct.
local ffi = require("ffi")
ffi.cdef [[
    long syscall(long number, ...);
    struct entry { const char *text; int level; };
    int atoi(const char *);
]]
local SIGPROCMASK, BLOCK, SETMASK = 14, 0, 2

local function masked(work)
    local all, old = ffi.new("uint64_t[1]", -1ULL), ffi.new("uint64_t[1]")
    ffi.C.syscall(SIGPROCMASK, ffi.cast("int", BLOCK), all, old, ffi.cast("size_t", 8))
    local result = work()
    ffi.C.syscall(SIGPROCMASK, ffi.cast("int", SETMASK), old, nil, ffi.cast("size_t", 8))
    return result
end

local function entry_of(id)
    local entry = ffi.new("struct entry")
    entry.text = ("transaction %d has begun"):format(id)
    entry.level = id % 3
    return entry
end

local written = 0
for id = 1, 40 do
    local entry = entry_of(id)
    written = written + masked(function() return ffi.C.atoi(entry.text + 12) end)
end
print(written > 0)
