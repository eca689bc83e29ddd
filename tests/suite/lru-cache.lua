local ffi = require 'ffi'
ffi.cdef 'struct entry { struct entry *before, *after; int key, value; };'
local function cache(most)
    local head, entries, n = ffi.new 'struct entry', {}, 0
    head.before, head.after = head, head
    local function unlink(e) e.before.after, e.after.before = e.after, e.before end
    local function push(e)
        e.before, e.after = head, head.after
        head.after.before = e
        head.after = e
    end
    return function(key, make)
        local e = entries[key]
        if e then
            unlink(e)
        else
            if n == most then
                local old = head.before
                unlink(old)
                entries[old.key] = nil
            else
                n = n + 1
            end
            e = ffi.new('struct entry', nil, nil, key, make(key))
            entries[key] = e
        end
        push(e)
        return e.value
    end, head
end
local made = 0
local get, head = cache(40)
local sum, seed = 0, 7
for i = 1, 12000 do
    seed = (seed * 1103 + 12345) % 65536
    sum = (sum + get(seed % (i % 3 == 0 and 200 or 45), function(k) made = made + 1 return k * k end)) % 1000003
end
print(sum, made)
