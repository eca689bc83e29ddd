-- SPDX-License-Identifier: MIT
-- integers that are addresses of what dies: numbers that C wrote stay the numbers that they are, and
-- the stale address in an opaque struct of C is used by nobody
local ffi = require("ffi")
local C = ffi.C
ffi.cdef [[
int snprintf(char *text, size_t size, const char *format, ...);
int sscanf(const char *text, const char *format, ...);
struct random_data { long opaque[6]; };
int initstate_r(unsigned seed, char *state, size_t size, struct random_data *data);
int setstate_r(char *state, struct random_data *data);
int random_r(struct random_data *data, int32_t *result);
]]

local ids, texts, n = ffi.new("uint64_t[40]"), {}, 0
local function register(i)
    local object, text = ffi.new("int[4]", i), ffi.new("char[32]")
    C.snprintf(text, 32, "%p", ffi.cast("void *", object))
    C.sscanf(text, "%p", ffi.cast("void *", ids + n))
    texts[n] = ("0x%x"):format(tonumber(ids[n]))
    n = n + 1
end
for i = 1, 40 do register(i) end
local same = 0
for i = 0, n - 1 do same = same + (("0x%x"):format(tonumber(ids[i])) == texts[i] and 1 or 0) end
print(same)

local data, result = ffi.new("struct random_data"), ffi.new("int32_t[1]")
local function seeded(seed)
    local state = ffi.new("char[64]")
    C.initstate_r(seed, state, 64, data)
    C.random_r(data, result)
    local value = result[0]
    return value, state
end
for seed = 1, 5 do
    local rows = {}
    for i = 1, 40 do rows[i] = { i } end
    data = ffi.new("struct random_data")
    print((seeded(seed)), #rows)
end
