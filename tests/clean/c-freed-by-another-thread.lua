-- SPDX-License-Identifier: MIT
-- Texts made here are freed by threads of C, and threads of C allocate by the thousand meanwhile.
local ffi = require("ffi")
local owners = ffi.load("testowners")
local C = ffi.C

ffi.cdef[[
char *strdup(const char *text);
size_t owners_free_in_thread(char *text);
size_t owners_churn(int n_threads);
]]

local bytes = 0
for i = 1, 60 do
    bytes = bytes + tonumber(owners.owners_free_in_thread(C.strdup(("text number %d"):format(i))))
end
print(bytes, tonumber(owners.owners_churn(8)) == tonumber(owners.owners_churn(8)))
