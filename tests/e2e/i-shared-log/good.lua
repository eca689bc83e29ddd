-- SPDX-License-Identifier: MIT
-- finalizers write to a log in C memory that goes in the same cycle
local ffi = require("ffi")
ffi.cdef [[
struct log { int n; char text[200]; };
struct task { struct log *log; int id; };
int sprintf(char *out, const char *format, ...);
]]

local Task = ffi.metatype("struct task", {
    __gc = function(self)
        local log = self.log
        if log.n < 180 then
            log.n = log.n + ffi.C.sprintf(log.text + log.n, "end %d;", ffi.cast("int", self.id))
        end
    end,
})

local log = ffi.new("struct log")
local function run(first)
    local tasks = {}
    for i = first, first + 2 do tasks[#tasks + 1] = Task(log, i) end
    return #tasks
end

local n = 0
for i = 1, 12, 3 do n = n + run(i) end
local rows = {}
for i = 1, 3000 do rows[i % 11] = { i, "row " .. i } end
print(n, #rows)
assert(log.n >= 0)
