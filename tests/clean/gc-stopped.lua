-- SPDX-License-Identifier: MIT
-- With the collector stopped, addresses of unreferenced objects are good: nothing collects them.
local ffi = require("ffi")

ffi.cdef[[ struct record { const char *name; int *values; }; ]]

collectgarbage("stop")
local records = ffi.new("struct record[40]")
for i = 0, 39 do
    records[i].name = "record " .. i
    records[i].values = ffi.new("int[8]", i)
end
local noise = {}
for i = 1, 3000 do noise[i % 10] = { "noise " .. i } end

local sum, text = 0, {}
for i = 0, 39 do
    sum = sum + records[i].values[7]
    text[#text + 1] = ffi.string(records[i].name):match("%d+")
end
records = nil
collectgarbage("restart")
print(sum, table.concat(text, " "))
