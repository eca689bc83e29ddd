-- SPDX-License-Identifier: MIT
-- prefetch: a thread of a C library reads into buffers while Lua goes on and keeps them
local ffi = require("ffi")
local lib = ffi.load("testkeeper")
ffi.cdef[[
typedef struct keeper_reader keeper_reader;
keeper_reader *keeper_read_start(char *buffer, size_t size);
size_t keeper_read_finish(keeper_reader *reader);
]]

local Prefetch = {}
Prefetch.__index = Prefetch

function Prefetch.start(size)
    local buffer = ffi.new("char[?]", size)
    return setmetatable({ buffer = buffer, reader = lib.keeper_read_start(buffer, size) }, Prefetch)
end

function Prefetch:finish() return tonumber(lib.keeper_read_finish(self.reader)) end

local first = Prefetch.start(100)
local names = {}
for i = 1, 10 do names[i] = ("block %d"):format(i) end
print(first:finish(), #names)
