-- SPDX-License-Identifier: MIT
-- A program that ends by exit: what has a finalizer, is kept by a coroutine, by C, by a number, a
-- text, a weak table with another owner, or by what waits for a finalizer, is not lost.
local ffi = require("ffi")
local C = ffi.C

ffi.cdef[[
void *malloc(size_t size);
void free(void *p);
char *strdup(const char *text);
int putenv(char *text);
typedef struct node { struct node *next; char *name; } node_t;
typedef struct { node_t *head; } list_t;
]]

local function node(name, next)
    local p = ffi.cast("node_t *", C.malloc(ffi.sizeof("node_t")))
    p.next, p.name = next, C.strdup(name)
    return p
end

local list_t = ffi.metatype("list_t", {
    __gc = function(list)
        while list.head ~= nil do
            local p = list.head
            list.head = p.next
            C.free(p.name)
            C.free(p)
        end
    end,
})

local function owned_by_finalizers()
    for i = 1, 10 do
        ffi.gc(C.malloc(i), C.free)
        local list = list_t()
        list.head = node("a" .. i, node("b" .. i, nil))
        local proxy, kept = newproxy(true), C.malloc(8)
        getmetatable(proxy).__gc = function() C.free(kept) end
        local inner = C.malloc(24)
        ffi.gc(ffi.new("char[1]"), function() C.free(inner) end)
    end
end

local weak, numbers, texts = setmetatable({}, { __mode = "v" }), {}, {}
local tree = {}

local function keep_elsewhere()
    for i = 1, 10 do
        local p = node("tree " .. i, nil)
        tree[i], weak[i] = p, p
        numbers[i] = tonumber(ffi.cast("uintptr_t", C.malloc(10)))
        texts[i] = tostring(C.malloc(12))
        C.putenv(C.strdup(("FFISAN_TEST_%d=%d"):format(i, i)))
    end
end

local waiting = coroutine.wrap(function()
    local p = C.malloc(32)
    coroutine.yield(p ~= nil)
    C.free(p)
end)

local function main()
    local mine = C.malloc(100)
    owned_by_finalizers()
    keep_elsewhere()
    print(waiting(), ffi.string(tree[10].name), mine ~= nil)
    os.exit(4)
end

main()
