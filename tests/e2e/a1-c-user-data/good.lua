-- SPDX-License-Identifier: MIT
-- transfer: progress is counted in a struct that the request carries as user data and Lua keeps
local ffi = require("ffi")
local lib = ffi.load("testkeeper")
ffi.cdef[[
typedef struct keeper_request keeper_request;
keeper_request *keeper_request_new(void);
void keeper_request_set_user(keeper_request *request, void *user);
void *keeper_request_user(const keeper_request *request);
void keeper_request_free(keeper_request *request);
typedef struct { double done, total; } transfer_progress;
]]

local Transfer = {}
Transfer.__index = Transfer

function Transfer.new(total)
    local progress = ffi.new("transfer_progress", 0, total)
    local request = ffi.gc(lib.keeper_request_new(), lib.keeper_request_free)
    lib.keeper_request_set_user(request, progress)
    return setmetatable({ request = request, progress = progress }, Transfer)
end

function Transfer:advance(n)
    local progress = ffi.cast("transfer_progress *", lib.keeper_request_user(self.request))
    progress.done = progress.done + n
    return ("%d%%"):format(100 * progress.done / progress.total)
end

local transfer = Transfer.new(200)
local steps = {}
for i = 1, 4 do steps[i] = transfer:advance(i * 10) end
print(table.concat(steps, " "))
