-- SPDX-License-Identifier: MIT
-- session: handlers handed to an event library in one struct, which the library copies
local ffi = require("ffi")
local events = ffi.load("testevents")

ffi.cdef[[
typedef int (*event_fn)(int event, void *context);
struct event_handlers { event_fn on_open, on_data, on_close; };
struct event_bus *event_bus_new(void);
void event_bus_free(struct event_bus *bus);
void event_bus_register(struct event_bus *bus, const struct event_handlers *handlers, void *context);
int event_bus_run(struct event_bus *bus, int n_events);
]]

local Session = {}
Session.__index = Session

function Session.open(handlers)
    local self = setmetatable({ callbacks = {} }, Session)
    self.bus = ffi.gc(events.event_bus_new(), events.event_bus_free)
    local struct = ffi.new("struct event_handlers")
    for name, handler in pairs(handlers) do
        struct[name] = handler
        table.insert(self.callbacks, struct[name])
    end
    events.event_bus_register(self.bus, struct, nil)
    return self
end

function Session:run(n)
    local sum = events.event_bus_run(self.bus, n)
    return sum
end

function Session:close()
    for _, callback in ipairs(self.callbacks) do callback:free() end
    self.callbacks = {}
    events.event_bus_register(self.bus, nil, nil)
end

local session = Session.open({
    on_open = function() return 100 end,
    on_data = function(event) return event end,
})
print("first run", session:run(4))
session:close()
local ok, sum = pcall(function() return (session:run(2)) end)
print("done")
