-- SPDX-License-Identifier: MIT
-- records: skips the header of a record and keeps the rest
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[ int memcmp(const void *a, const void *b, size_t size); ]]

local HEADER_BYTES = 4

local Record = {}
Record.__index = Record

function Record.read(line)
    local raw = ffi.new("char[?]", #line + 1, line)
    local self = setmetatable({ size = #line - HEADER_BYTES }, Record)
    self.raw, self.body = raw, raw + HEADER_BYTES
    return self
end

function Record:has_prefix(prefix)
    return #prefix <= self.size and C.memcmp(self.body, prefix, #prefix) == 0
end

local records = {}
for i, name in ipairs({ "user:ada.lovelace", "group:admin.group", "user:alan.turing" }) do
    records[i] = Record.read(("#%02d "):format(i) .. name)
end
local users = {}
for i, record in ipairs(records) do
    if record:has_prefix("user:") then users[#users + 1] = "record " .. i end
end
print(table.concat(users, " and "))
