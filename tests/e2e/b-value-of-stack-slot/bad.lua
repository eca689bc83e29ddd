-- SPDX-License-Identifier: MIT
-- evaluator: a stack of tagged values; what is on top twice is one text
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
char *strdup(const char *text);
void free(void *p);
typedef struct {
    int tag;
    union { double number; char *text; } as;
} slot_t;
]]

local NUMBER, TEXT = 1, 2

local Stack = {}
Stack.__index = Stack

function Stack.new(size)
    return setmetatable({ slots = ffi.new("slot_t[?]", size), top = 0 }, Stack)
end

function Stack:push(value)
    local slot = self.slots[self.top]
    if type(value) == "string" then
        slot.tag, slot.as.text = TEXT, C.strdup(value)
    else
        slot.tag, slot.as.number = NUMBER, value
    end
    self.top = self.top + 1
end

function Stack:twice()
    local from, to = self.slots[self.top - 1], self.slots[self.top]
    ffi.copy(to, from, ffi.sizeof("slot_t"))
    self.top = self.top + 1
end

function Stack:drop()
    self.top = self.top - 1
    local slot = self.slots[self.top]
    if slot.tag == TEXT then C.free(slot.as.text) end
    slot.tag = 0
end

function Stack:text()
    local slot = self.slots[self.top - 1]
    if slot.tag == TEXT then
        return ffi.string(slot.as.text)
    end
    return tostring(tonumber(slot.as.number))
end

local stack = Stack.new(8)
stack:push(12.5)
stack:push("sum")
stack:twice()
stack:drop()
print(#stack:text())
stack:drop()
print(stack:text())
