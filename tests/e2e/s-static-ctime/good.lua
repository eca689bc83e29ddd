-- SPDX-License-Identifier: MIT
-- job: says when it began and when it ended
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[ char *ctime(const long *time); ]]

local Job = {}
Job.__index = Job

local function at(seconds) return ffi.new("long[1]", seconds) end

function Job.new(name, seconds)
    return setmetatable({ name = name, began = ffi.string(C.ctime(at(seconds))) }, Job)
end

function Job:finish(seconds)
    local ended = ffi.string(C.ctime(at(seconds))):gsub("\n", "")
    local began = self.began:gsub("\n", "")
    return ("%s: %s to %s"):format(self.name, began, ended)
end

local backup = Job.new("backup", 1000000000)
local index = Job.new("index", 1100000000)
print(backup:finish(1000003600))
print(index:finish(1100003600))
