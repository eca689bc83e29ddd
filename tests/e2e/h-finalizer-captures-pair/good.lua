-- SPDX-License-Identifier: MIT
-- pipes: two ends that know each other, each forgets the other when it goes
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
typedef struct { int id; char queue[64]; int n; } end_t;
void *malloc(size_t size);
void free(void *p);
]]

local function allocate(id)
    local half = ffi.cast("end_t *", C.malloc(ffi.sizeof("end_t")))
    half.id, half.n = id, 0
    return half
end

local peers = setmetatable({}, { __mode = "k" })

local function new_pipe(id)
    local reader, writer = ffi.gc(allocate(id), C.free), ffi.gc(allocate(-id), C.free)
    peers[reader], peers[writer] = id, id
    return reader, writer
end

local function send(writer, reader, text)
    for i = 1, #text do
        reader.queue[reader.n] = text:byte(i)
        reader.n = reader.n + 1
    end
    return writer.id + reader.n
end

local function transfer(id)
    local reader, writer = new_pipe(id)
    local answer = send(writer, reader, "hello") + send(writer, reader, ("%d"):format(id))
    return answer, ffi.string(reader.queue, reader.n)
end

for id = 1, 12 do print(transfer(id)) end
