-- SPDX-License-Identifier: MIT
-- tickets: numbers from a plugin that has variables for each thread, which go with it
local ffi = require("ffi")
ffi.cdef[[ int counter_next(void); ]]

local Tickets = {}

function Tickets.source()
    local plugin = ffi.load("plugin_counter")
    return plugin.counter_next
end

local function sell(source, n)
    local sold = {}
    for i = 1, n do sold[i] = { number = source(), seat = "row " .. i } end
    return sold
end

local source = Tickets.source()
local sold = sell(source, 200)
print(#sold, sold[1].number, sold[200].number)
io.stdout:flush()
