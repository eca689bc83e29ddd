-- SPDX-License-Identifier: MIT
-- spawn: builds an argument vector, forks, and lets the child execute it
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
int fork(void);
int execv(const char *path, const char *const *argv);
int waitpid(int pid, int *status, int options);
void _exit(int status);
]]

local function vector(program, options)
    local words = { program }
    for name, value in pairs(options) do words[#words + 1] = "--" .. name .. "=" .. value end
    local argv = ffi.new("const char *[?]", #words + 2)
    for i, word in ipairs(words) do argv[i - 1] = word end
    argv[#words] = "exit " .. tostring(options.status)
    return argv
end

local function spawn(path, argv)
    local name = ("child of %s"):format(path)
    local pid = C.fork()
    if pid == 0 then
        C.execv(path, argv)
        C._exit(127)
    end
    local status = ffi.new("int[1]")
    C.waitpid(pid, status, 0)
    return name, bit.rshift(status[0], 8)
end

local function run(status)
    local argv = vector("sh", { status = status })
    argv[1] = "-c"
    return spawn("/bin/sh", argv)
end

print(run(4))
print(run(9))
