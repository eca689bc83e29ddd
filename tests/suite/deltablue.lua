-- One-way constraints, planned anew whenever an input changes.
local Variable, Constraint = {}, {}
Variable.__index, Constraint.__index = Variable, Constraint
local function variable(name, value) return setmetatable({ name = name, value = value, uses = {} }, Variable) end
local function constraint(inputs, output, f)
    local c = setmetatable({ inputs = inputs, output = output, f = f }, Constraint)
    for _, v in ipairs(inputs) do v.uses[#v.uses + 1] = c end
    output.by = c
    return c
end
function Constraint:execute()
    local values = {}
    for i, v in ipairs(self.inputs) do values[i] = v.value end
    self.output.value = self.f(unpack(values))
end
local function plan(from)
    local order, seen = {}, {}
    local function visit(c)
        if seen[c] then return end
        seen[c] = true
        for _, next_one in ipairs(c.output.uses) do visit(next_one) end
        table.insert(order, 1, c)
    end
    for _, c in ipairs(from.uses) do visit(c) end
    return order
end
local chain = { variable('v0', 0) }
for i = 1, 60 do
    chain[i + 1] = variable('v' .. i, 0)
    constraint({ chain[i] }, chain[i + 1], function(x) return (x * 3 + i) % 10007 end)
end
local sums = {}
for i = 1, 55, 5 do
    local total = variable('s' .. i, 0)
    constraint({ chain[i], chain[i + 3], chain[61] }, total, function(a, b, c) return a + b - c end)
    sums[#sums + 1] = total
end
local log = {}
for round = 1, 60 do
    chain[1].value = round * 17
    for _, c in ipairs(plan(chain[1])) do c:execute() end
    if round % 20 == 0 then
        for _, s in ipairs(sums) do log[#log + 1] = s.value end
    end
end
print(chain[61].value, table.concat(log, ' '))
