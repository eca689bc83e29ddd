-- SPDX-License-Identifier: MIT
-- group: ffi
-- FFI nodes that point at each other, kept by a table: every audit has pointers to look at
local ffi = require("ffi")
ffi.cdef [[ struct node { struct node *next, *prev; int value; }; ]]
local node = ffi.typeof("struct node")
local sum = 0
for round = 1, 800 do
    local anchors, head = {}, nil
    for i = 1, 1e4 do
        local new = node()
        new.value = i + round
        if head then
            new.next = head
            head.prev = new
        end
        anchors[i], head = new, new
    end
    local at = head
    while at ~= nil do
        sum = sum + at.value
        at = at.next
    end
end
print(sum)
