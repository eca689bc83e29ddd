-- SPDX-License-Identifier: MIT
-- dice: initstate_r writes the address of the state's memory into a struct that is opaque to Lua
local ffi = require("ffi")
local C = ffi.C
ffi.cdef [[
struct random_data { long opaque[6]; };
int initstate_r(unsigned seed, char *state, size_t size, struct random_data *data);
int random_r(struct random_data *data, int32_t *result);
]]

local Dice = {}
Dice.__index = Dice

function Dice.new(seed)
    local self = setmetatable({ data = ffi.new("struct random_data"), n = 0 }, Dice)
    local state = ffi.new("char[?]", 64)
    C.initstate_r(seed, state, 64, self.data)
    self.state = state
    return self
end

function Dice:roll()
    local result = ffi.new("int32_t[1]")
    self.n = self.n + 1
    C.random_r(self.data, result)
    return result[0] % 6 + 1
end

local dice = Dice.new(42)
local rolls = {}
for i = 1, 20 do rolls[i] = dice:roll() end
print(table.concat(rolls, " "))
