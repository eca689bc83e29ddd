-- SPDX-License-Identifier: MIT
-- jobs: a queue of jobs, from which finished ones are removed while it is walked
local ffi = require("ffi")
local owners = ffi.load("testowners")

ffi.cdef[[
struct owners_node { struct owners_node *next; int value; };
struct owners_list { struct owners_node *first; };
struct owners_list *owners_list_new(void);
struct owners_node *owners_list_add(struct owners_list *list, int value);
void owners_list_remove(struct owners_list *list, struct owners_node *node);
void owners_list_free(struct owners_list *list);
]]

local jobs = { list = owners.owners_list_new() }

function jobs.add(priority)
    local node = owners.owners_list_add(jobs.list, priority)
    return node
end

function jobs.drop_below(limit)
    local dropped = 0
    local node = jobs.list.first
    while node ~= nil do
        local following = node.next
        if node.value < limit then
            owners.owners_list_remove(jobs.list, node)
            dropped = dropped + 1
        end
        node = following
    end
    return dropped
end

for i = 1, 20 do jobs.add(i * 7 % 20) end
print(jobs.drop_below(8))
owners.owners_list_free(jobs.list)
