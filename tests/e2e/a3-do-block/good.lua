-- SPDX-License-Identifier: MIT
-- task: the buffer of the name lives in a block that ends before the task does
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
struct task { int priority; char *name; };
size_t strlen(const char *s);
]]

local function describe(task, columns)
    local name = ffi.string(task.name, math.min(columns, tonumber(C.strlen(task.name))))
    return ("%s%s|%d"):format(name, (" "):rep(columns - #name), task.priority)
end

local function schedule(queue, number)
    local task = ffi.new("struct task")
    local name
    do
        local text = ("nightly backup #%d"):format(number)
        name = ffi.new("char[?]", #text + 3, text)
        task.name = name
    end
    local line = { "queue", queue, "takes" }
    local priority = number * 10 + #line
    task.priority = priority
    return table.concat(line, " ") .. " " .. describe(task, 24), name
end

print((schedule("low", 1)))
print((schedule("high", 2)))
