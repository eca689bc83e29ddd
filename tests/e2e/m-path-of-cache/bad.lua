-- SPDX-License-Identifier: MIT
-- paths of spool files are put together in one buffer, also by the finalizers that remove them
local ffi = require("ffi")
ffi.cdef [[
struct spool { int number; };
int snprintf(char *out, size_t size, const char *format, ...);
int access(const char *path, int mode);
int unlink(const char *path);
size_t strlen(const char *text);
]]
local C = ffi.C

local folder = "/nonexistent/spool"
local buffer = ffi.new("char[?]", 128)

local function path_of(number)
    C.snprintf(buffer, 128, "%s/part-%04d", folder, ffi.cast("int", number))
    return buffer
end

local Spool = ffi.metatype("struct spool", {
    __gc = function(self)
        C.unlink(path_of(self.number))
    end,
})

local Queue = {}
Queue.__index = Queue

function Queue:add(number)
    local spool = Spool(number)
    local path = path_of(number)
    local job = { spool = spool, tags = {}, title = ("job %d of %s"):format(number, self.name) }
    job.exists = C.access(path, 0) == 0
    self.jobs[number % 5 + 1] = job
    return job
end

local queue = setmetatable({ name = "mail", jobs = {} }, Queue)
local found = 0
for number = 1, 200 do
    if queue:add(number).exists then found = found + 1 end
end
print(found, #queue.jobs)
