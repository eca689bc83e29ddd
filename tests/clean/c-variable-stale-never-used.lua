-- SPDX-License-Identifier: MIT
-- C still has the addresses of buffers that are gone, and never uses them before it gets others.
local ffi = require("ffi")
local lib = ffi.load("testkeeper")
ffi.cdef[[
void keeper_device_set(const short *samples, unsigned n_samples);
int keeper_device_play(unsigned n);
typedef struct keeper_request keeper_request;
keeper_request *keeper_request_new(void);
void keeper_request_set(keeper_request *request, int option, const char *value);
int keeper_request_send(const keeper_request *request, char *text, size_t size);
void keeper_request_free(keeper_request *request);
]]

local request = ffi.gc(lib.keeper_request_new(), lib.keeper_request_free)
local text = ffi.new("char[100]")

local function send(number)
    local address = ("/item/%d"):format(number)
    local agent = "agent " .. number % 3
    lib.keeper_request_set(request, 1, address)
    lib.keeper_request_set(request, 2, agent)
    local n = lib.keeper_request_send(request, text, 100)
    return ffi.string(text, n), address, agent
end

local function beep(n)
    local samples = ffi.new("short[?]", n)
    samples[n - 1] = n
    lib.keeper_device_set(samples, n)
    return lib.keeper_device_play(n), samples
end

for number = 1, 30 do
    print(send(number), (beep(number)))
end
