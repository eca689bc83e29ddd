-- SPDX-License-Identifier: MIT
-- a buffer of malloc for labels, in workers that are coroutines
local ffi = require("ffi")
ffi.cdef [[
int sprintf(char *out, const char *format, ...);
void *malloc(size_t size);
void *realloc(void *p, size_t size);
void free(void *p);
]]
local C = ffi.C

local label = ffi.cast("char *", C.malloc(100))
local is_open = true

local Pen = {}
Pen.__index = Pen

function Pen:write(kind, number)
    C.sprintf(label, "%s/%s/%d", self.name, kind, ffi.cast("int", number))
    self.history[#self.history % 5 + 1] = { kind .. number, self.name .. number }
    return ffi.string(label)
end

local pen = setmetatable({ name = "pen", history = {} }, Pen)
local spare = setmetatable({ name = "spare", history = {} }, Pen)

local function page(number)
    return ffi.gc(C.malloc(40), function(p)
        if is_open then spare:write("drop", number) end
        C.free(p)
    end)
end

local function worker(first)
    return coroutine.wrap(function()
        for number = first, first + 100 do
            local sheet = page(number)
            local text = pen:write("draw", number)
            coroutine.yield(sheet ~= nil and text)
        end
    end)
end

local workers, n = { worker(1), worker(1000), worker(2000) }, 0
for _ = 1, 100 do
    for _, step in ipairs(workers) do
        if step() then n = n + 1 end
    end
end
is_open = false
C.free(label)
print(n)
