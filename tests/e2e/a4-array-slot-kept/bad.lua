-- SPDX-License-Identifier: MIT
-- plans: an array keeps the addresses, the finalizers sit on what was read from it
local ffi = require("ffi")
local owners = ffi.load("testowners")

ffi.cdef[[
typedef struct owners_shared owners_shared;
owners_shared *owners_shared_new(int code, const char *text);
void owners_shared_release(owners_shared *shared);
int owners_shared_code(const owners_shared *shared);
]]

local Plans = {}
Plans.__index = Plans

function Plans.new(n)
    local self = setmetatable({ n = n, items = ffi.new("owners_shared *[?]", n), owners = {} }, Plans)
    for i = 0, n - 1 do
        self.items[i] = owners.owners_shared_new(i * i, "plan " .. i)
        ffi.gc(self.items[i], owners.owners_shared_release)
    end
    return self
end

function Plans:total()
    local total = 0
    for i = 0, self.n - 1 do total = total + owners.owners_shared_code(self.items[i]) end
    return total
end

local plans = Plans.new(6)
print("total", plans:total())
