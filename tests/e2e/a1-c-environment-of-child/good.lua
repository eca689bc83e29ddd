-- SPDX-License-Identifier: MIT
-- shell: runs commands with variables of their own, through putenv, which keeps them
local ffi = require("ffi")
ffi.cdef[[ int putenv(char *assignment); ]]

local Shell = {}
Shell.__index = Shell

function Shell.new(values)
    local self = setmetatable({ names = {} }, Shell)
    for _, pair in ipairs(values) do self:set(pair[1], pair[2]) end
    return self
end

function Shell:set(name, value)
    local text = ("%s=%s"):format(name, value)
    local assignment = ffi.new("char[?]", #text + 1, text)
    ffi.C.putenv(assignment)
    self.names[#self.names + 1] = name
    self[name] = assignment
end

function Shell:run(command)
    local stream = io.popen(command)
    local answer = stream:read("*a")
    stream:close()
    return answer
end

local shell = Shell.new({ { "GREETING", "hello" }, { "OBJECT", "world" } })
io.write(#shell.names, " ", shell:run('echo "$GREETING, $OBJECT"'))
