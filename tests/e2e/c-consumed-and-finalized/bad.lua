-- SPDX-License-Identifier: MIT
-- outbox: a queue takes the texts that it is given, and their finalizers do not know
local ffi = require("ffi")
local owners = ffi.load("testowners")
local C = ffi.C

ffi.cdef[[
typedef struct owners_queue owners_queue;
owners_queue *owners_queue_new(void);
int owners_queue_push(owners_queue *queue, char *text);
size_t owners_queue_flush(owners_queue *queue);
void owners_queue_free(owners_queue *queue);
char *strdup(const char *text);
void free(void *p);
]]

local outbox = { queue = ffi.gc(owners.owners_queue_new(), owners.owners_queue_free) }

function outbox.send(text)
    local copy = ffi.gc(C.strdup(text), C.free)
    local taken = owners.owners_queue_push(outbox.queue, copy) == 1
    return taken
end

local bytes = 0
for round = 1, 4 do
    for i = 1, 5 do assert(outbox.send(("message %d.%d"):format(round, i))) end
    bytes = bytes + tonumber(owners.owners_queue_flush(outbox.queue))
end
print(bytes)
