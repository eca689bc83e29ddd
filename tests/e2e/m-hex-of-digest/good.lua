-- SPDX-License-Identifier: MIT
-- bytes are written in hex into a buffer that two modules share
local ffi = require("ffi")
ffi.cdef [[
struct session { unsigned char token[8]; int number; };
]]

package.preload["app.buffers"] = function()
    local buffer = ffi.new("char[256]")
    return { get = function() return buffer end }
end

package.preload["app.hex"] = function()
    local buffers = require("app.buffers")
    local digits = "0123456789abcdef"
    local function encode(bytes, n)
        local out = buffers.get()
        for i = 0, n - 1 do
            local high, low = math.floor(bytes[i] / 16), bytes[i] % 16
            out[2 * i] = digits:byte(high + 1)
            out[2 * i + 1] = digits:byte(low + 1)
        end
        return out, 2 * n
    end
    return { encode = encode }
end

local hex = require("app.hex")
local revoked = 0
local Session = ffi.metatype("struct session", {
    __gc = function(self)
        local text, n = hex.encode(self.token, 8)
        revoked = revoked + #ffi.string(text, n)
    end,
})

local function login(number)
    local session = Session({ token = { 1, 2, 3, 4, 5, 6, number % 256, 8 }, number = number })
    local token = ffi.string(hex.encode(session.token, 8))
    local user = { name = "user" .. number, groups = { "staff", "g" .. number % 7 } }
    user.token = token
    user.session = session
    return user
end

local users = {}
for number = 1, 200 do users[number % 4 + 1] = login(number) end
print(#users)
