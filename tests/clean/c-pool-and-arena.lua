-- SPDX-License-Identifier: MIT
-- Cells of a pool and pieces of an arena are given back and handed out again: malloc sees nothing.
local ffi = require("ffi")
local owners = ffi.load("testowners")

ffi.cdef[[
typedef struct owners_pool owners_pool;
typedef struct owners_arena owners_arena;
owners_pool *owners_pool_new(size_t cell_bytes, size_t n);
void *owners_pool_take(owners_pool *pool);
void owners_pool_give(owners_pool *pool, void *cell);
void owners_pool_free(owners_pool *pool);
owners_arena *owners_arena_new(size_t size);
void *owners_arena_take(owners_arena *arena, size_t size);
void owners_arena_reset(owners_arena *arena);
void owners_arena_free(owners_arena *arena);
typedef struct { void *link; int value; } cell_t;
]]

local function pooled(rounds)
    local pool = ffi.gc(owners.owners_pool_new(ffi.sizeof("cell_t"), 32), owners.owners_pool_free)
    local busy, sum = {}, 0
    for i = 1, rounds do
        if #busy == 32 or i % 5 == 0 then
            local cell = table.remove(busy, i % #busy + 1)
            sum = sum + cell.value
            owners.owners_pool_give(pool, cell)
        else
            local cell = ffi.cast("cell_t *", owners.owners_pool_take(pool))
            cell.value = i
            busy[#busy + 1] = cell
        end
    end
    return sum
end

local function in_arena(rounds)
    local arena = owners.owners_arena_new(4096)
    local sum = 0
    for round = 1, rounds do
        local n = 20 + round % 30
        local numbers = ffi.cast("int *", owners.owners_arena_take(arena, n * 4))
        for i = 0, n - 1 do numbers[i] = i * round end
        for i = 0, n - 1 do sum = sum + numbers[i] end
        owners.owners_arena_reset(arena)
    end
    owners.owners_arena_free(arena)
    return sum
end

print(pooled(300), in_arena(200))
