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
    words[#words + 1] = "exit " .. tostring(options.status)
    local argv = ffi.new("const char *[?]", #words + 1)
    for i, word in ipairs(words) do argv[i - 1] = word end
    return argv, words
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
    local argv, words = vector("sh", { status = status })
    argv[1] = "-c"
    local name, code = spawn("/bin/sh", argv)
    assert(words[1] == "sh")
    return name, code
end

print(run(4))
print(run(9))
