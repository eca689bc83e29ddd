-- SPDX-License-Identifier: MIT
-- stack: a cleared stack still has its old storage, which realloc(3) gets again
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
void *realloc(void *p, size_t size);
void free(void *p);
typedef struct { int *items; int n, room; } stack_t_;
]]

local Stack = {}
Stack.__index = Stack

function Stack:push(value)
    if self.n == self.room then
        self.room = self.room * 2 + 4
        self.items = ffi.cast("int *", C.realloc(self.items, self.room * 4))
    end
    self.items[self.n] = value
    self.n = self.n + 1
end

function Stack:clear()
    C.free(self.items)
    self.n, self.room = 0, 0
end

local new = ffi.metatype("stack_t_", Stack)
local stack, sum = new(), 0
for round = 1, 3 do
    for i = 1, round * 5 do stack:push(i) end
    sum = sum + stack.n
    stack:clear()
end
print(sum)
