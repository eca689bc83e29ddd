-- SPDX-License-Identifier: MIT
-- finalizers raise a flag and leave a number, which the program looks at and lowers again
local ffi = require("ffi")
ffi.cdef [[
struct mailbox { bool is_dirty; int last; };
void *malloc(size_t size);
void free(void *p);
]]
local C = ffi.C

local mailbox = ffi.new("struct mailbox")
local pending = ffi.new("int[1]")

local function subscribe(id)
    return ffi.gc(C.malloc(16), function(p)
        mailbox.is_dirty = true
        pending[0] = 1
        C.free(p)
    end)
end

local function pass(id, subscriptions)
    mailbox.is_dirty = false
    mailbox.last = id
    pending[0] = 0
    subscriptions[id % 4 + 1] = { subscribe(id), "s" .. id, { "topic " .. id } }
    local swept = 0
    if mailbox.is_dirty or pending[0] ~= 0 then swept = 1 end
    assert(mailbox.last == id)
    return swept
end

local subscriptions, n = {}, 0
for id = 1, 400 do n = n + pass(id, subscriptions) end
print(n >= 0, #subscriptions)
