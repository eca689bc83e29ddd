-- SPDX-License-Identifier: MIT
-- Finalizers that refer to their own objects, and nothing in Lua does: but C has the address, or a
-- cdata that the program has, so the objects are in use until the end.
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
int putenv(char *text);
char *getenv(const char *name);
void *malloc(size_t size);
void free(void *p);
typedef struct item { struct item *next; int value; } item_t;
]]

local function set_environment(name, value)
    local text = ("%s=%s"):format(name, value)
    local buffer = ffi.new("char[?]", #text + 1)
    ffi.copy(buffer, text)
    ffi.gc(buffer, function() return buffer[0] end)
    C.putenv(buffer)
end

local list = ffi.new("item_t")

local function add(value)
    local item = ffi.new("item_t", { list.next, value })
    ffi.gc(item, function() item.next = nil end)
    list.next = item
end

local function view(n)
    local memory = C.malloc(n * 4)
    ffi.gc(memory, function() C.free(memory) end)
    return ffi.cast("int *", memory) + 1
end

set_environment("CAPTURED_TEST", "kept")
for i = 1, 5 do add(i) end
local numbers = view(10)
for i = 0, 8 do numbers[i] = i end

local sum, item = 0, list.next
while item ~= nil do
    sum = sum + item.value
    item = item.next
end
print(sum, numbers[8], ffi.string(C.getenv("CAPTURED_TEST")))
