-- SPDX-License-Identifier: MIT
-- group: alloc
-- objects: tables with metatables that come and go in a world that stays
local Account = {}
Account.__index = Account
function Account.new(id) return setmetatable({ id = id, balance = 0, log = {} }, Account) end
function Account:deposit(amount)
    self.balance = self.balance + amount
    self.log[#self.log + 1] = { amount = amount, at = #self.log }
    if #self.log > 8 then self.log = { self.log[9] } end
end
local accounts = {}
for i = 1, 1e4 do accounts[i] = Account.new(i) end
local sum = 0
for i = 1, 6e5 do
    local k = i * 7919 % 1e4 + 1
    if i % 16 == 0 then accounts[k] = Account.new(i) end
    accounts[k]:deposit(i % 100)
    sum = sum + accounts[k].balance % 3
end
print(sum)
