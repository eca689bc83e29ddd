-- SPDX-License-Identifier: MIT
-- C copies what it is given: the string may die at once.
local ffi = require("ffi")
local lib = ffi.load("testkeeper")
ffi.cdef[[
void keeper_label_set(const char *text);
const char *keeper_label(void);
int setenv(const char *name, const char *value, int overwrite);
char *getenv(const char *name);
]]

local function rename(kind, number) lib.keeper_label_set(kind .. "-" .. number) end

local labels = {}
for number = 1, 20 do
    rename("node", number)
    ffi.C.setenv("NODE_" .. number, "value " .. number, 1)
    labels[number] = ffi.string(lib.keeper_label())
end
print(table.concat(labels, " "))
print(ffi.string(ffi.C.getenv("NODE_7")))
