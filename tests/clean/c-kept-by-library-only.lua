-- SPDX-License-Identifier: MIT
-- The library alone keeps the address: in its static table, in a struct of its own, till it is asked.
local ffi = require("ffi")
local owners = ffi.load("testowners")
local C = ffi.C

ffi.cdef[[
char *strdup(const char *text);
void free(void *p);
void owners_register(void *memory);
void *owners_registered(int index);
typedef struct owners_queue owners_queue;
owners_queue *owners_queue_new(void);
int owners_queue_push(owners_queue *queue, char *text);
size_t owners_queue_flush(owners_queue *queue);
]]

local function register(n)
    for i = 1, n do owners.owners_register(C.strdup(("entry %d"):format(i))) end
    local queue = owners.owners_queue_new()
    for i = 1, n do owners.owners_queue_push(queue, C.strdup(("queued %d"):format(i))) end
    owners.owners_register(queue)
end

local function read(n)
    local sum = 0
    for i = 0, n - 1 do sum = sum + #ffi.string(ffi.cast("char *", owners.owners_registered(i))) end
    return sum, tonumber(owners.owners_queue_flush(owners.owners_registered(n)))
end

register(30)
local junk = {}
for i = 1, 2000 do junk[i % 50 + 1] = { tostring(i) } end
print(read(30))
