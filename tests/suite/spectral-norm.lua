local ffi = require 'ffi'
local n = 60
local function a(i, k) return 1 / ((i + k) * (i + k + 1) / 2 + i + 1) end
local function times(x, y, f)
    for i = 0, n - 1 do
        local sum = 0
        for k = 0, n - 1 do sum = sum + x[k] * f(i, k) end
        y[i] = sum
    end
end
local function transposed(i, k) return a(k, i) end
local u, v, t = ffi.new('double[?]', n), ffi.new('double[?]', n), ffi.new('double[?]', n)
for i = 0, n - 1 do u[i] = 1 end
for _ = 1, 10 do
    times(u, t, a) times(t, v, transposed)
    times(v, t, a) times(t, u, transposed)
end
local uv, vv = 0, 0
for i = 0, n - 1 do uv, vv = uv + u[i] * v[i], vv + v[i] * v[i] end
print(('%.9f'):format(math.sqrt(uv / vv)))
