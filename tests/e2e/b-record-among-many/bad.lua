-- SPDX-License-Identifier: MIT
-- pool: many records of C memory, dropped and looked at again
local ffi = require("ffi")
ffi.cdef[[
void *malloc(size_t size); void free(void *block);
typedef struct { int id, uses; double weight; } record;
]]
local C = ffi.C

local Pool = {}
Pool.__index = Pool

function Pool.new() return setmetatable({ records = {}, n = 0 }, Pool) end

function Pool:add(id)
    local record = ffi.cast("record *", C.malloc(ffi.sizeof("record")))
    record.id, record.uses, record.weight = id, 0, id / 2
    self.n = self.n + 1
    self.records[self.n] = record
end

function Pool:drop_from(first)
    for i = first, self.n do C.free(self.records[i]) end
end

local pool = Pool.new()
for id = 1, 20000 do pool:add(id) end
pool:drop_from(10001)
local last = pool.records[pool.n]
print(pool.n, last.weight > 0)
for i = 1, 10000 do C.free(pool.records[i]) end
