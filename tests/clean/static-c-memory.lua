-- SPDX-License-Identifier: MIT
-- Pointers into memory that C owns for ever: error texts, the environment, tables of ctype.
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
char *strerror(int number);
const unsigned short **__ctype_b_loc(void);
char *getenv(const char *name);
int setenv(const char *name, const char *value, int replace);
]]

local kept = { texts = {}, ctype = C.__ctype_b_loc()[0] }

local function collect()
    C.setenv("STATIC_C_MEMORY", "a value of the environment", 1)
    kept.value = C.getenv("STATIC_C_MEMORY")
    kept.no_file = C.strerror(2)
end

collect()
local noise = {}
for i = 1, 3000 do noise[i % 100] = { i, "noise " .. i } end
local letters = 0
for c = 0, 255 do
    if bit.band(kept.ctype[c], 1024) ~= 0 then letters = letters + 1 end
end
print(ffi.string(kept.value), ffi.string(kept.no_file), letters)
