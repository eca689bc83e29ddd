-- SPDX-License-Identifier: MIT
-- canonical: keys are folded by C, and copied between other calls. The last one is kept for a
-- summary, after its copy has been given back. All of it is compiled by then.
local ffi = require 'ffi'
ffi.cdef [[
char *strdup(const char *s);
void free(void *p);
int toupper(int c);
int tolower(int c);
]]
local C = ffi.C

local N = 2000
local last

local function canonical(key, n)
    local first = C.toupper(key:byte(1))
    local copy = C.strdup(key)
    local second = C.tolower(first)
    copy[0] = first
    if n == N - 300 then last = copy end
    C.free(copy)
    return first + second
end

local sum = 0
for n = 1, N do sum = sum + canonical('key' .. n, n) end
print(sum)
local function summary() return last[1] == 101 end
print(summary() and 'key' or 'other')
