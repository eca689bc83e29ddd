-- SPDX-License-Identifier: MIT
-- A cookie in a struct is an integer that was once an address; only its value is compared.
local ffi = require("ffi")

ffi.cdef[[ struct ticket { uint64_t cookie; int number; }; ]]

local Counter = {}
Counter.__index = Counter

function Counter.new()
    return setmetatable({ tickets = ffi.new("struct ticket[16]"), n = 0 }, Counter)
end

function Counter:draw()
    local request = ffi.new("struct ticket")
    local ticket = self.tickets[self.n]
    ticket.cookie = ffi.cast("uintptr_t", ffi.cast("void *", request))
    ticket.number = self.n
    self.n = self.n + 1
    return ticket.cookie
end

local counter, cookies = Counter.new(), {}
for i = 1, 16 do cookies[i] = counter:draw() end
for i = 1, 500 do cookies[17] = ("noise %d"):format(i) end

local found = 0
for i = 1, 16 do
    for k = 0, 15 do
        if counter.tickets[k].cookie == cookies[i] and k == i - 1 then found = found + 1 end
    end
end
print(counter.n, found)
