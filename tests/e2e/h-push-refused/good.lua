-- SPDX-License-Identifier: MIT
-- outbox: a full queue refuses the text, which then still belongs to the caller
local ffi = require("ffi")
local owners = ffi.load("testowners")
local C = ffi.C

ffi.cdef[[
typedef struct owners_queue owners_queue;
owners_queue *owners_queue_new(void);
int owners_queue_push(owners_queue *queue, char *text);
void owners_queue_free(owners_queue *queue);
char *strdup(const char *text);
void free(void *p);
]]

local Outbox = {}
Outbox.__index = Outbox

function Outbox.new()
    return setmetatable({ queue = owners.owners_queue_new(), refused = 0 }, Outbox)
end

function Outbox:send(text)
    local copy = C.strdup(text)
    if owners.owners_queue_push(self.queue, copy) == 0 then
        self.refused = self.refused + 1
        C.free(copy)
    end
end

function Outbox:close()
    owners.owners_queue_free(self.queue)
    return self.refused
end

local outbox = Outbox.new()
for i = 1, 80 do outbox:send(("message %d"):format(i)) end
print(outbox:close())
