-- SPDX-License-Identifier: MIT
-- exchange: the anchor is a local of a function that an error leaves
local ffi = require("ffi")

ffi.cdef[[ struct exchange { int status; const char *reply; }; ]]

local Exchange = {}
Exchange.__index = Exchange

function Exchange.new()
    return setmetatable({ c = ffi.new("struct exchange"), tries = 0 }, Exchange)
end

function Exchange:perform(reply)
    local buffer = ffi.new("char[?]", 48)
    ffi.copy(buffer, reply)
    self.c.reply, self.c.status = buffer, tonumber(reply:match("^%d+"))
    self.buffer = buffer
    self.tries = self.tries + 1
    if self.c.status >= 500 then error("server error " .. self.c.status, 0) end
    self.buffer = buffer
end

function Exchange:fetch(replies)
    for _, reply in ipairs(replies) do
        local ok, why = pcall(self.perform, self, reply)
        if ok then return true end
        self.why = ("try %d: %s"):format(self.tries, why)
    end
    return false, self.why
end

local exchange = Exchange.new()
local ok, why = exchange:fetch({ "503 try later", "500 broken pipe" })
print(ok, why)
print("last reply", ffi.string(exchange.c.reply))
