-- SPDX-License-Identifier: MIT
-- finalizers that use the shared buffer put back what was in it; others have one of their own
local ffi = require("ffi")
ffi.cdef [[
struct job { int id; };
int sprintf(char *out, const char *format, ...);
]]
local C = ffi.C

local buffer = ffi.new("char[64]")
local spare = ffi.new("char[64]")
local log = {}

local function describe(out, what, id)
    C.sprintf(out, "%s #%d", what, ffi.cast("int", id))
    return out
end

local Job = ffi.metatype("struct job", {
    __gc = function(self)
        local saved = ffi.string(buffer, 64)
        log[#log % 8 + 1] = ffi.string(describe(buffer, "done", self.id))
        ffi.copy(buffer, saved, 64)
        describe(spare, "gone", self.id)
    end,
})

local function submit(id)
    local job = Job(id)
    local name = describe(buffer, "job", id)
    local entry = { job = job, tags = { "t" .. id, "u" .. id } }
    entry.name = ffi.string(name)
    assert(entry.name == "job #" .. id)
    return entry
end

local entries = {}
for id = 1, 300 do entries[id % 4 + 1] = submit(id) end
print(#entries)
