-- SPDX-License-Identifier: MIT
-- scores: items of a C vector; adding may move all of them
local ffi = require("ffi")
local owners = ffi.load("testowners")

ffi.cdef[[
typedef struct { int id, score; } owners_item;
typedef struct owners_vector owners_vector;
owners_vector *owners_vector_new(void);
owners_item *owners_vector_add(owners_vector *vector, int id);
owners_item *owners_vector_at(owners_vector *vector, int index);
void owners_vector_free(owners_vector *vector);
]]

local Scores = {}
Scores.__index = Scores

function Scores.new()
    return setmetatable({ vector = owners.owners_vector_new(), by_name = {}, n = 0 }, Scores)
end

function Scores:add(name)
    owners.owners_vector_add(self.vector, self.n)
    self.by_name[name] = self.n
    self.n = self.n + 1
end

function Scores:item(name)
    return owners.owners_vector_at(self.vector, self.by_name[name])
end

local function play(scores, names)
    for _, name in ipairs(names) do scores:add(name) end
    for round = 1, 3 do
        for i, name in ipairs(names) do
            local item = scores:item(name)
            item.score = item.score + i * round
        end
    end
    return scores:item(names[#names]).score
end

local scores = Scores.new()
print(play(scores, { "ada", "grace", "edsger", "barbara", "donald" }))
owners.owners_vector_free(scores.vector)
