-- SPDX-License-Identifier: MIT
-- locks: a lock file for a job; the lock lives as long as the descriptor is open
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
typedef struct _IO_FILE FILE;
int fileno(FILE *stream);
int flock(int fd, int operation);
]]

local LOCK_EX, LOCK_UN = 2, 8
local locks = {}

function locks.take(path)
    local file = assert(io.open(path, "w"))
    if C.flock(C.fileno(file), LOCK_EX) ~= 0 then return nil end
    return { fd = C.fileno(file) }
end

function locks.give(self)
    local is_free = C.flock(self.fd, LOCK_UN) == 0
    return is_free
end

local function run(path, job)
    local lock = assert(locks.take(path))
    local result = job()
    return locks.give(lock), result
end

local path = os.tmpname()
print(run(path, function()
    local words = {}
    for i = 1, 200 do words[i] = ("word %d"):format(i) end
    return #table.concat(words, " ")
end))
os.remove(path)
