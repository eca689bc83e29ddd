-- FFT, successive over-relaxation, sparse product and LU, on FFI arrays.
local ffi = require 'ffi'
local seed = 101010
local function random()
    seed = (seed * 16807) % 2147483647
    return seed / 2147483647
end
local function fft(n, data, sign)
    local j = 0
    for i = 0, n - 2 do
        if i < j then
            data[2 * i], data[2 * j] = data[2 * j], data[2 * i]
            data[2 * i + 1], data[2 * j + 1] = data[2 * j + 1], data[2 * i + 1]
        end
        local k = n / 2
        while k <= j do j, k = j - k, k / 2 end
        j = j + k
    end
    local dual = 1
    while dual < n do
        local theta = sign * math.pi / dual
        for a = 0, dual - 1 do
            local wr, wi = math.cos(theta * a), math.sin(theta * a)
            for b = 0, n - 1, 2 * dual do
                local i, k = 2 * (a + b), 2 * (a + b + dual)
                local xr = wr * data[k] - wi * data[k + 1]
                local xi = wr * data[k + 1] + wi * data[k]
                data[k], data[k + 1] = data[i] - xr, data[i + 1] - xi
                data[i], data[i + 1] = data[i] + xr, data[i + 1] + xi
            end
        end
        dual = dual * 2
    end
end
local n = 256
local data, copy = ffi.new('double[?]', 2 * n), ffi.new('double[?]', 2 * n)
for i = 0, 2 * n - 1 do data[i] = random() end
ffi.copy(copy, data, 16 * n)
for _ = 1, 5 do
    fft(n, data, 1)
    fft(n, data, -1)
    for i = 0, 2 * n - 1 do data[i] = data[i] / n end
end
local worst = 0
for i = 0, 2 * n - 1 do worst = math.max(worst, math.abs(data[i] - copy[i])) end
print('fft', worst < 1e-12)
local rows = {}
for i = 0, 31 do
    rows[i] = ffi.new('double[32]')
    for k = 0, 31 do rows[i][k] = random() end
end
for _ = 1, 20 do
    for i = 1, 30 do
        local up, row, down = rows[i - 1], rows[i], rows[i + 1]
        for k = 1, 30 do
            row[k] = 0.3125 * (up[k] + down[k] + row[k - 1] + row[k + 1]) - 0.25 * row[k]
        end
    end
end
print('sor', ('%.9f'):format(rows[15][15]))
local value, column, x, y = ffi.new 'double[500]', ffi.new 'int[500]', ffi.new 'double[100]', ffi.new 'double[100]'
for i = 0, 99 do x[i] = random() end
for i = 0, 499 do value[i], column[i] = random(), (i * 37) % 100 end
for _ = 1, 50 do
    for r = 0, 99 do
        local sum = 0
        for i = 5 * r, 5 * r + 4 do sum = sum + x[column[i]] * value[i] end
        y[r] = sum
    end
end
print('sparse', ('%.9f'):format(y[50]))
local size = 30
local a = ffi.new('double[30][30]')
for i = 0, size - 1 do for k = 0, size - 1 do a[i][k] = random() + (i == k and 5 or 0) end end
for j = 0, size - 1 do
    for i = j + 1, size - 1 do
        a[i][j] = a[i][j] / a[j][j]
        for k = j + 1, size - 1 do a[i][k] = a[i][k] - a[i][j] * a[j][k] end
    end
end
local det = 1
for i = 0, size - 1 do det = det * a[i][i] end
print('lu', ('%.6e'):format(det))
