-- SPDX-License-Identifier: MIT
-- proxy: an event loop that makes one handler per connection
local ffi = require("ffi")
local events = ffi.load("testevents")

ffi.cdef[[
typedef int (*event_fn)(int event, void *context);
event_fn event_set_idle_hook(event_fn hook);
int event_idle(int rounds);
]]

local Connection = {}
Connection.__index = Connection

function Connection.accept(id)
    local self = setmetatable({ id = id, bytes = 0 }, Connection)
    self.handler = ffi.cast("event_fn", function(round)
        self.bytes = self.bytes + round
        return 1
    end)
    return self
end

function Connection:serve(rounds)
    events.event_set_idle_hook(self.handler)
    return events.event_idle(rounds)
end

function Connection:close()
    events.event_set_idle_hook(nil)
    self.handler:free()
end

local served = 0
for id = 1, 1200 do
    local connection = Connection.accept(id)
    served = served + connection:serve(2)
    connection:close()
end
print("served", served)
