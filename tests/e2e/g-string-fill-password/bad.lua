-- SPDX-License-Identifier: MIT
-- passwords are wiped after use: the string is everybody's
local ffi = require("ffi")

local Vault = {}
Vault.__index = Vault

local function new_vault() return setmetatable({ n = 0 }, Vault) end

function Vault:check(user, password)
    local secret = ffi.cast("char *", password)
    local sum = 0
    for i = 0, #password - 1 do sum = (sum * 31 + secret[i]) % 65521 end
    ffi.fill(secret, #password)
    self.n = self.n + 1
    return user .. ":" .. sum
end

local vault = new_vault()
local log = {}
for i = 1, 3 do log[i] = vault:check("user" .. i, ("secret-%d-%d"):format(i, i * 7919)) end
print(vault.n, #log, log[1])
