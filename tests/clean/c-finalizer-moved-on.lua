-- SPDX-License-Identifier: MIT
-- A finalizer is moved to another cdata, taken off and set again: one owner at any time.
local ffi = require("ffi")
local owners = ffi.load("testowners")
local C = ffi.C

ffi.cdef[[
void *malloc(size_t size);
char *strdup(const char *text);
void free(void *p);
typedef struct owners_shared owners_shared;
owners_shared *owners_shared_new(int code, const char *text);
owners_shared *owners_shared_retain(owners_shared *shared);
void owners_shared_release(owners_shared *shared);
int owners_shared_code(const owners_shared *shared);
]]

local function typed(type, size)
    local raw = ffi.gc(C.malloc(size), C.free)
    ffi.fill(raw, size, 3)
    local p = ffi.cast(type, raw)
    ffi.gc(raw, nil)
    return ffi.gc(p, C.free)
end

local function handed_over(text)
    local copy = ffi.gc(C.strdup(text), C.free)
    ffi.gc(copy, nil)
    ffi.gc(copy, function(p) C.free(p) end)
    return copy
end

local function counted(code)
    local one = ffi.gc(owners.owners_shared_new(code, "shared"), owners.owners_shared_release)
    return ffi.gc(owners.owners_shared_retain(one), owners.owners_shared_release)
end

local kept, sum = {}, 0
for i = 1, 60 do
    kept[i % 7 + 1] = typed("int *", 64)
    kept[i % 7 + 10] = handed_over("text " .. i)
    kept[i % 7 + 20] = counted(i)
    sum = sum + kept[i % 7 + 1][2] + kept[i % 7 + 10][0] + owners.owners_shared_code(kept[i % 7 + 20])
end
print(sum)
