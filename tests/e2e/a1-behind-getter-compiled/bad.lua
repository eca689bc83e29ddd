-- SPDX-License-Identifier: MIT
-- A token is made of a request's variable, which a metamethod reads. The first sessions are pinned
-- by their text; by the time that later ones are not, all of this is compiled, the end of the
-- metamethod in a trace of its own.
local ffi = require 'ffi'
ffi.cdef [[
typedef struct { const uint8_t *text; size_t length; } token_t;
int memcmp(const void *a, const void *b, size_t n);
]]

local connection = ffi.new('char [16]', 'conn-7')
local n_requests = 0

local function read_variable(_, name)
    n_requests = n_requests + 1
    if #name == 0 then return nil end
    if n_requests > 60 then return ffi.string(connection, 6) end
    return 'first'
end

local var = setmetatable({}, { __index = read_variable })
local pinned = {}

local function parse(user, n)
    local text = user .. ':' .. var.connection
    local token = ffi.new 'token_t'
    token.text = ffi.cast('const uint8_t *', text)
    token.length = #text
    if n < 300 or n > 310 then pinned[n] = text end
    return token
end

local tokens = {}
for n = 1, 400 do tokens[n] = parse('user' .. n, n) end

local n_good = 0
for n = 1, #tokens do
    if ffi.C.memcmp(tokens[n].text, 'user', 4) == 0 then n_good = n_good + 1 end
end
print(n_good)
