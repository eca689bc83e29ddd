-- SPDX-License-Identifier: MIT
-- Blocks are freed and others get their addresses; stale copies are compared, printed, overwritten.
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
void *malloc(size_t size);
void free(void *p);
typedef struct { int *data; int n; } view_t;
]]

local views = {}
for i = 1, 8 do views[i] = ffi.new("view_t") end

local function refresh(round)
    local changed = 0
    for i, view in ipairs(views) do
        local before = view.data
        if view.n > 0 then C.free(view.data) end
        view.data, view.n = ffi.cast("int *", C.malloc(16 + round % 5 * 8)), round
        view.data[0] = round * i
        if before ~= view.data then changed = changed + 1 end
    end
    return changed >= 0
end

local sum = 0
for round = 1, 150 do
    assert(refresh(round))
    for _, view in ipairs(views) do sum = sum + view.data[0] end
end
local stale = {}
for i, view in ipairs(views) do
    stale[i] = view.data
    C.free(view.data)
    view.data, view.n = nil, 0
end
local equal = 0
for i = 1, #stale do
    for k = 1, #stale do if stale[i] == stale[k] then equal = equal + 1 end end
    assert(tostring(stale[i]):match("^cdata<int %*>: 0x"))
end
print(sum, equal)
