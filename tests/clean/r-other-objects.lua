-- SPDX-License-Identifier: MIT
-- finalizers change other objects than the one at work, or a context that all functions are given
local ffi = require("ffi")
ffi.cdef [[
struct session;
struct parser;
struct engine;
struct session *session_open(const char *name);
int session_serve(int (*handle)(struct session *session, int packet), int packet);
struct parser *parser_new(void);
void parser_reset(struct parser *parser);
struct engine *engine_get(void);
int engine_value(struct engine *context, long number);
void engine_release(struct engine *context, int value);
int engine_evaluate(struct engine *context, int n, int (*function)(int i));
]]
local lib = ffi.load("testsessions")

local served = {}
local sessions = { lib.session_open("first"), lib.session_open("second") }
local handle = ffi.cast("int (*)(struct session *, int)", function(_, packet)
    local parser = ffi.gc(lib.parser_new(), lib.parser_reset)
    served[#served % 9 + 1] = { parser ~= nil, { packet }, "packet " .. packet }
    return 1
end)

local n = 0
for packet = 1, 120 do n = n + lib.session_serve(handle, packet) end

local engine = lib.engine_get()
local function value(number)
    local index = lib.engine_value(engine, number)
    local box = newproxy(true)
    getmetatable(box).__gc = function() lib.engine_release(engine, index) end
    return box
end
local evaluate = ffi.cast("int (*)(int)", function(i)
    local box = value(i)
    served[#served % 9 + 1] = { box and "value " .. i, {} }
    return i
end)
for _ = 1, 30 do n = n + lib.engine_evaluate(engine, 5, evaluate) end
print(n, #served, #sessions)
