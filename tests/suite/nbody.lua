local ffi = require 'ffi'
ffi.cdef 'struct body { double x, y, z, vx, vy, vz, mass; };'
local PI = math.pi
local SOLAR, DAYS = 4 * PI * PI, 365.24
local bodies = {
    ffi.new('struct body', 0, 0, 0, 0, 0, 0, SOLAR),
    ffi.new('struct body', 4.84143144246472, -1.16032004402742, -0.10362204447112,
        0.00166007664274403 * DAYS, 0.00769901118419740 * DAYS, -0.0000690460016972 * DAYS, 0.000954791938424 * SOLAR),
    ffi.new('struct body', 8.34336671824457, 4.12479856412430, -0.40352341711432,
        -0.00276742510726411 * DAYS, 0.00499852801234917 * DAYS, 0.0000230417297573 * DAYS, 0.000285885980666 * SOLAR),
    ffi.new('struct body', 12.8943695621391, -15.1111514016986, -0.22330757889265,
        0.00296460137564761 * DAYS, 0.00237847173959480 * DAYS, -0.0000296589568540 * DAYS, 0.0000436624404335 * SOLAR),
}
local function energy()
    local e = 0
    for i, a in ipairs(bodies) do
        e = e + 0.5 * a.mass * (a.vx ^ 2 + a.vy ^ 2 + a.vz ^ 2)
        for k = i + 1, #bodies do
            local b = bodies[k]
            local dx, dy, dz = a.x - b.x, a.y - b.y, a.z - b.z
            e = e - a.mass * b.mass / math.sqrt(dx * dx + dy * dy + dz * dz)
        end
    end
    return e
end
local function advance(dt)
    for i = 1, #bodies do
        local a = bodies[i]
        for k = i + 1, #bodies do
            local b = bodies[k]
            local dx, dy, dz = a.x - b.x, a.y - b.y, a.z - b.z
            local d2 = dx * dx + dy * dy + dz * dz
            local mag = dt / (d2 * math.sqrt(d2))
            a.vx, a.vy, a.vz = a.vx - dx * b.mass * mag, a.vy - dy * b.mass * mag, a.vz - dz * b.mass * mag
            b.vx, b.vy, b.vz = b.vx + dx * a.mass * mag, b.vy + dy * a.mass * mag, b.vz + dz * a.mass * mag
        end
    end
    for i = 1, #bodies do
        local a = bodies[i]
        a.x, a.y, a.z = a.x + dt * a.vx, a.y + dt * a.vy, a.z + dt * a.vz
    end
end
local px, py, pz = 0, 0, 0
for _, b in ipairs(bodies) do
    px, py, pz = px + b.vx * b.mass, py + b.vy * b.mass, pz + b.vz * b.mass
end
bodies[1].vx, bodies[1].vy, bodies[1].vz = -px / SOLAR, -py / SOLAR, -pz / SOLAR
print(('%.9f'):format(energy()))
for _ = 1, 4000 do advance(0.01) end
print(('%.6f'):format(energy()))
