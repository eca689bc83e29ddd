-- SPDX-License-Identifier: MIT
-- ranking: sort() ends in the call of qsort, and the comparator gives itself up after a limit
local ffi = require("ffi")
ffi.cdef[[
typedef int (*compare_t)(const int *, const int *);
void qsort(void *base, size_t n, size_t size, compare_t compare);
]]

local Ranking = {}
Ranking.__index = Ranking

function Ranking.new(n, limit)
    local self = setmetatable({ scores = ffi.new("int[?]", n), n = n, compared = 0 }, Ranking)
    for i = 0, n - 1 do self.scores[i] = (i * 7919) % 101 end
    self.compare = ffi.cast("compare_t", function(a, b)
        self.compared = self.compared + 1
        if self.compared == limit then self.compare:free() end
        return a[0] - b[0]
    end)
    return self
end

function Ranking:sort()
    return ffi.C.qsort(self.scores, self.n, ffi.sizeof("int"), self.compare)
end

local ranking = Ranking.new(40, 25)
local function main()
    ranking:sort()
    return ranking.scores[0]
end
print(pcall(main) ~= nil)
