-- SPDX-License-Identifier: MIT
-- messages: a message is freed, the text that it owns is not
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
void *malloc(size_t size);
char *strdup(const char *text);
void free(void *p);
typedef struct { char *text; int priority; } message_t;
]]

local Message = {}
Message.__index = Message

local function finalize(message)
    C.free(message.text)
    C.free(message)
end

function Message.new(text, priority)
    local message = ffi.cast("message_t *", C.malloc(ffi.sizeof("message_t")))
    message.text, message.priority = C.strdup(text), priority
    return ffi.gc(message, finalize)
end

local urgent = 0
for i = 1, 50 do
    local message = Message.new(("disk %d is nearly full"):format(i), i % 5)
    if message.priority == 4 then urgent = urgent + #ffi.string(message.text) end
end
print(urgent)
