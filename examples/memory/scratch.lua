-- SPDX-License-Identifier: MIT
-- Lines are formatted in one buffer, also those that finalizers write.
local ffi = require("ffi")
local C = ffi.C

ffi.cdef [[
int snprintf(char *out, size_t size, const char *format, ...);
void *malloc(size_t size);
void free(void *p);
]]

local fixed = arg[1] == "fixed"
local line, log = ffi.new("char[40]"), {}

local function describe(what, id)
    C.snprintf(line, 40, "%s %d", what, ffi.cast("int", id))
    local text = fixed and ffi.string(line)
    local entry = { id = id, tags = { what, what .. id } }
    entry.text = text or ffi.string(line)
    return entry
end

local function open(id)
    return ffi.gc(C.malloc(64), function(p)
        log[id] = describe("closed", id)
        C.free(p)
    end)
end

for id = 1, 100 do
    local handle = open(id)
    log[id] = describe("opened", id)
    handle = nil
end
print(#log)
