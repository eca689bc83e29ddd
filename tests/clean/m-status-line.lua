-- SPDX-License-Identifier: MIT
-- a status line has what was set last, by whomever; it is shown by a function of its own
local ffi = require("ffi")
ffi.cdef [[
int snprintf(char *out, size_t size, const char *format, ...);
void *malloc(size_t size);
void free(void *p);
]]
local C = ffi.C

local Status = {}
local text = ffi.new("char[64]")

function Status.set(what, id)
    C.snprintf(text, 64, "%s %d", what, ffi.cast("int", id))
end

function Status.get()
    return ffi.string(text)
end

local function load(id)
    Status.set("loading", id)
    local model = ffi.gc(C.malloc(32), function(p)
        Status.set("unloaded", id)
        C.free(p)
    end)
    local parts = { "mesh " .. id, "skin " .. id, {} }
    local shown = Status.get()
    assert(shown:find("^loading %d+$") or shown:find("^unloaded %d+$"))
    return { model, parts }
end

local models = {}
for id = 1, 300 do models[id % 5 + 1] = load(id) end
print(#models)
