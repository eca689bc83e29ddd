-- SPDX-License-Identifier: MIT
-- what ends just where a block ends
local ffi = require("ffi")
ffi.cdef [[
struct packet { uint16_t size; char text[14]; };
struct tail { int n; char text[?]; };
void *malloc(size_t size);
void *realloc(void *block, size_t size);
void free(void *block);
char *strcpy(char *to, const char *from);
void *memset(void *p, int c, size_t n);
int snprintf(char *out, size_t size, const char *format, ...);
]]
local C = ffi.C

local function whole(text)
    local data = ffi.new("char[?]", #text + 1)
    ffi.copy(data, text)
    assert(ffi.string(data) == text and ffi.string(data, #text) == text)
    ffi.copy(data + #text, data + #text, 0)
    assert(ffi.string(data + #text + 1, 0) == "")
    ffi.fill(data, #text + 1)
    ffi.fill(data + #text + 1, 0, 7)
    return data[#text]
end

local function packet(text)
    local p = ffi.new("struct packet", #text)
    ffi.copy(p.text, text, #text)
    return ffi.string(p.text, p.size), ffi.string(p, ffi.sizeof("struct packet"))
end

local function tail(text)
    local t = ffi.new("struct tail", #text + 1, #text + 1)
    ffi.copy(t.text, text)
    C.strcpy(t.text, text)
    return ffi.string(t.text, t.n)
end

-- Pointers that count from one, or from the end, and stay inside.
local function from_one(n)
    local data = ffi.new("int[?]", n)
    local one = data - 1
    for i = 1, n do one[i] = i end
    local stop, sum = data + n, 0
    for i = -n, -1 do sum = sum + stop[i] end
    return sum
end

local function rows(n)
    local grid = ffi.new("int[?][4]", n)
    for i = 0, n - 1 do for k = 0, 3 do grid[i][k] = i * k end end
    return grid[n - 1][3]
end

local function c_block(n)
    local block = ffi.cast("char *", C.malloc(n))
    C.memset(block, 65, n)
    ffi.fill(block, n, 66)
    block = ffi.cast("char *", C.realloc(block, 2 * n))
    ffi.copy(block + n, ffi.string(block, n), n)
    local last = block[2 * n - 1]
    C.free(block)
    return last
end

local total = 0
for i = 1, 300 do
    local text = ("t"):rep(i % 40)
    local short = text:sub(1, 14)
    total = total + whole(text) + #packet(short) + #tail(text) + from_one(i % 40 + 1)
    total = total + rows(i % 7 + 1) + c_block(i % 60 + 1)
    local room = ffi.new("char[16]")
    total = total + C.snprintf(room, ffi.sizeof(room), "%s", text) + #ffi.string(room)
end
print(total)

-- References to structs that lie partly or wholly outside, of which only what is there is read.
ffi.cdef [[
struct small_head { int kind; int size; };
struct large_head { int kind; int size; char rest[120]; };
]]
local function kinds(n)
    local list = ffi.new("struct small_head[?]", n)
    for i = 0, n - 1 do list[i].kind, list[i].size = i, 8 end
    local large = ffi.cast("struct large_head *", list)
    local stop, sum = list[n], 0
    local at = list + 0
    while at ~= ffi.cast("struct small_head *", stop) do
        sum, at = sum + at.kind + at[0].size, at + 1
    end
    return sum + large[0].kind + large.size
end
local function one_of_each()
    local sum = 0
    for i = 1, 40 do sum = sum + kinds(i % 9 + 1) end
    return sum
end
print(one_of_each())
