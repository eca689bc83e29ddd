-- SPDX-License-Identifier: MIT
-- One struct of counters that everybody asks for and keeps: it is meant to change.
local ffi = require("ffi")
local answers = ffi.load("testanswers")

ffi.cdef[[
struct answers_counters { long n_calls, n_bytes; char last[16]; };
const struct answers_counters *answers_counters(void);
void answers_work(long n_bytes);
]]

local Worker = {}
Worker.__index = Worker

function Worker.new(size)
    return setmetatable({ size = size, counters = answers.answers_counters() }, Worker)
end

function Worker:run()
    answers.answers_work(self.size)
    return tonumber(self.counters.n_bytes), ffi.string(self.counters.last)
end

local first, second = Worker.new(10), Worker.new(7)
local seen = {}
for i = 1, 10 do
    seen[#seen + 1] = table.concat({ first:run() }, ":")
    seen[#seen + 1] = table.concat({ second:run() }, ":")
    local now = answers.answers_counters()
    seen[#seen + 1] = ("%d %d %d"):format(tonumber(now.n_calls), tonumber(first.counters.n_calls),
        tonumber(second.counters.n_calls))
end
print(table.concat(seen, " "))
