local ffi = require 'ffi'
ffi.cdef 'void qsort(void *, size_t, size_t, int (*)(const int *, const int *));'
jit.off(true, true)
local depth = 0
local function sort(n)
    local a = ffi.new('int[?]', n)
    for i = 0, n - 1 do a[i] = (i * 7919) % n end
    local cb
    cb = ffi.cast('int (*)(const int *, const int *)', function(x, y)
        local t = { ffi.new('int[1]', x[0]) }
        if depth < 3 and n < 12 then
            depth = depth + 1
            sort(5)
            collectgarbage()
            depth = depth - 1
        end
        return x[0] - y[0]
    end)
    ffi.C.qsort(a, n, 4, cb)
    cb:free()
    for i = 1, n - 1 do assert(a[i - 1] <= a[i]) end
    return a[n - 1]
end
print(sort(10), sort(200))
