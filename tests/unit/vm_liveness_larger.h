/* SPDX-License-Identifier: MIT */
/** More programs for test_vm_liveness.c: larger ones, and ones that make the JIT compiler work. */
#ifndef FFISAN_TESTS_UNIT_VM_LIVENESS_LARGER_H
#define FFISAN_TESTS_UNIT_VM_LIVENESS_LARGER_H

#include "vm_liveness_programs.h"

/* clang-format off */
static const struct lua_program lua_larger_programs[] = {
{"queens", LUA(
    local N = 5
    local n = 0
    local function ok(a, row, c) for i = 1, row - 1 do if a[i] == c or a[i] - i == c - row or a[i] + i == c + row then return false end end return true end
    local function add(a, row)
        if row > N then n = n + 1; emit(table.concat(a, ' ')) else
            for c = 1, N do if ok(a, row, c) then a[row] = c; add(a, row + 1); a[row] = nil end end
        end
    end
    add({}, 1)
    emit(n)
)},
{"json encoder", LUA(
    local encode
    local escapes = {['"'] = '\\"', ['\\'] = '\\\\', ['\n'] = '\\n'}
    local function str(s) return '"' .. s:gsub('["\\\n]', escapes) .. '"' end
    local handlers = {
        string = str, number = function(n) return ('%.14g'):format(n) end, boolean = tostring,
        ['nil'] = function() return 'null' end,
        table = function(t, indent)
            local out, n = {}, 0
            if #t > 0 or next(t) == nil then
                for i, v in ipairs(t) do out[i] = encode(v, indent) end
                return '[' .. table.concat(out, ',') .. ']'
            end
            local keys = {}
            for k in pairs(t) do n = n + 1; keys[n] = tostring(k) end
            table.sort(keys, function(a, b) return a < b end)
            for i = 1, n do local k = keys[i]; local v = t[k]; out[i] = str(k) .. ':' .. encode(v, indent) end
            return '{' .. table.concat(out, ',') .. '}'
        end
    }
    function encode(v, indent)
        local h = handlers[type(v)]
        if not h then error('cannot encode ' .. type(v), 0) end
        return h(v, (indent or 0) + 1)
    end
    emit(encode({a = 1, b = {true, false, 'x\n"y"'}, c = {d = {e = {}}}, list = {1, 2.5, -3, {z = 'last'}}}))
    emit(pcall(encode, {f = print}))
)},
{"json decoder", LUA(
    local function decode(s)
        local pos = 1
        local value
        local function skip() pos = s:find('[^ ]', pos) or #s + 1 end
        local function expect(c) skip(); if s:sub(pos, pos) ~= c then error('expected ' .. c .. ' at ' .. pos, 0) end; pos = pos + 1 end
        local function peek() skip(); return s:sub(pos, pos) end
        local function list(close, item)
            local r = {}
            if peek() == close then pos = pos + 1; return r end
            repeat
                item(r)
                local c = peek()
                pos = pos + 1
                if c ~= ',' and c ~= close then error('bad ' .. c, 0) end
            until c == close
            return r
        end
        local function text() expect('"'); local a = pos; local e = s:find('"', pos, true); pos = e + 1; return s:sub(a, e - 1) end
        function value()
            local c = peek()
            if c == '{' then pos = pos + 1; return list('}', function(r) local k = text(); expect(':'); r[k] = value() end)
            elseif c == '[' then pos = pos + 1; return list(']', function(r) r[#r + 1] = value() end)
            elseif c == '"' then return text() end
            local a, e, word = s:find('^([%w.+-]+)', pos)
            pos = e + 1
            if word == 'true' then return true elseif word == 'false' then return false end
            return tonumber(word)
        end
        return value()
    end
    local t = decode('{"a": [1, 2, {"b": "text", "c": []}], "d": true, "e": -2.5, "f": {"g": false}}')
    emit(#t.a, t.a[3].b, #t.a[3].c, t.d, t.e, t.f.g)
    emit(pcall(decode, '[1 2]'))
)},
{"string builder", LUA(
    local Builder = {}
    Builder.__index = Builder
    function Builder.new() return setmetatable({n = 0}, Builder) end
    function Builder:add(...) for i = 1, select('#', ...) do local s = tostring((select(i, ...))); self.n = self.n + 1; self[self.n] = s end; return self end
    function Builder:map(f) local out = Builder.new(); for i = 1, self.n do out:add((f(self[i], i))) end; return out end
    function Builder:build(sep) local r = table.concat(self, sep or ''); return r, #r end
    local b = Builder.new():add(1, 'two', 3.5):add():add(nil, true)
    emit(b:build('|'))
    emit(b:map(function(s, i) return s:reverse() .. i, 'ignored' end):map(string.upper):build(','))
    emit((('a,b,,c'):gsub(',', function(m) local r = m .. m; return r end)))
    emit((('$x + $y = $z'):gsub('%$(%w)', {x = 1, y = 2, z = 3})))
)},
{"sorting with closures", LUA(
    local seed = 7
    local function rnd(n) seed = (seed * 16807) % 2147483647; return seed % n end
    local t = {}
    for i = 1, 15 do t[i] = {key = rnd(10), id = i} end
    table.sort(t, function(a, b) local x, y = a.key, b.key; if x ~= y then return x < y end; return a.id < b.id end)
    local out = {}
    for i, v in ipairs(t) do out[i] = v.key .. '/' .. v.id end
    emit(table.concat(out, ' '))
    local function quick(l)
        if #l <= 1 then return l end
        local p, lo, hi = l[1], {}, {}
        for i = 2, #l do local v = l[i]; local dst = v < p and lo or hi; dst[#dst + 1] = v end
        local r = quick(lo)
        r[#r + 1] = p
        for _, v in ipairs(quick(hi)) do r[#r + 1] = v end
        return r
    end
    emit(table.concat(quick({5, 3, 9, 1, 5, 7, 2}), ' '))
)},
{"fibonacci, ackermann, memoise", LUA(
    local function fib(n) if n < 2 then return n end; return fib(n - 1) + fib(n - 2) end
    emit(fib(11))
    local function ack(m, n) if m == 0 then return n + 1 end; if n == 0 then return ack(m - 1, 1) end; return ack(m - 1, ack(m, n - 1)) end
    emit(ack(2, 2))
    local function memo(f) local c = setmetatable({}, {__mode = 'k'}); local h = {}; return function(x) local v = h[x]; if v == nil then v = f(x); h[x] = v end; return v end end
    local mf
    mf = memo(function(n) if n < 2 then return n end; return mf(n - 1) + mf(n - 2) end)
    emit(mf(40))
    local function Y(f) return (function(x) return x(x) end)(function(x) return f(function(...) return x(x)(...) end) end) end
    emit(Y(function(self) return function(n) if n == 0 then return 1 end; return n * self(n - 1) end end)(6))
)},
{"binary trees", LUA(
    local function build(d) if d == 0 then return {} end; local l, r = build(d - 1), build(d - 1); return {l, r} end
    local function check(t) if t[1] then return 1 + check(t[1]) + check(t[2]) end; return 1 end
    local long = build(4)
    local s = 0
    for i = 1, 3 do local t = build(i); s = s + check(t); t = nil; local u = build(2); s = s + check(u) end
    emit(s, check(long))
)},
{"permutations by coroutine", LUA(
    local function permgen(a, n)
        n = n or #a
        if n <= 1 then coroutine.yield(a) else
            for i = 1, n do a[n], a[i] = a[i], a[n]; permgen(a, n - 1); a[n], a[i] = a[i], a[n] end
        end
    end
    local function permutations(a) local co = coroutine.create(function() permgen(a) end); track(co)
        return function() local code, res = coroutine.resume(co); return res end end
    for p in permutations({'a', 'b', 'c'}) do emit(table.concat(p)) end
)},
{"classes and varied locals", LUA(
    local function class(base) local c = {}; c.__index = c; if base then setmetatable(c, {__index = base, __call = function(k, ...) local o = setmetatable({}, k); if o.init then o:init(...) end; return o end}) end; return c end
    local Object = class({})
    local Shape = class(Object)
    function Shape:init(name, ...) self.name = name; self.args = {...} end
    function Shape:area() local a, b, c, d, e, f = unpack(self.args); return (a or 1) * (b or 1) + (c or 0) + (d or 0) + (e or 0) + (f or 0) end
    local Square = class(Shape)
    function Square:init(n) Shape.init(self, 'square', n, n) end
    local list = {Shape('rect', 2, 3), Square(4), Shape('odd', 1, 2, 3, 4, 5, 6)}
    local sum, names = 0, ''
    for i, s in ipairs(list) do local area = s:area(); sum = sum + area; names = names .. s.name .. area .. (i < #list and ',' or '') end
    emit(sum, names)
)},
{"two hundred locals", LUA(
    local src = {'local emit = ...'}
    for i = 1, 150 do src[#src + 1] = 'local v' .. i .. ' = ' .. i .. ' + (v' .. (i - 1) .. ' or 0)' end
    src[#src + 1] = 'local function f() return v150 + v75 end emit(f(), v1, v100, (function(...) return select("#", ...) end)(v1, v2, v3))'
    src[#src + 1] = 'do local a, b, c, d, e = v5, v6, v7, v8, v9; emit(a .. b .. c .. d .. e .. v10 .. v11, {a, b, c}[2]) end'
    local text = table.concat(src, '\n'):gsub('{a, b, c}%[2%]', '({a, b, c})[2]')
    local f = assert(loadstring(text))
    f(emit)
)},
{"garbage under way", LUA(
    local live = {}
    local function churn(n) local t = {}; for i = 1, n do t[i] = {('s'):rep(i), function() return i end} end; return t[n][2]() + #t[n][1], t end
    for i = 1, 6 do
        local v, t = churn(i + 2)
        if i % 2 == 0 then live[#live + 1] = t end
        collectgarbage('step')
        local w = churn(3)
        emit(v, w, #live)
    end
    local weak = setmetatable({}, {__mode = 'v'})
    weak[1] = {}
    local keep = {}
    weak[2] = keep
    collectgarbage()
    emit(weak[2] == keep)
)},
{"library callbacks", LUA(
    emit((('hello world'):gsub('o', function(c) local u = c:upper(); return u .. u end)))
    local t = {3, 1, 2}
    table.sort(t, function(a, b) local r = a > b; return r end)
    emit(unpack(t))
    emit(select(2, pcall(string.rep, 'x', 3)), tostring(setmetatable({}, {__tostring = function() local s = 'ts'; return s .. '!' end})))
    local parts = {}
    local f = load((function() local p = {'return ', '1', ' + ', '41'}; local i = 0; return function() i = i + 1; return p[i] end end)())
    emit(f())
    emit(loadstring('local a, b = ... ; local c = a or b ; return c, #arg2', 'x') and 'compiled')
    local env = setmetatable({}, {__index = function(_, k) return 'g_' .. k end})
    local g = setfenv(function() local a = foo; bar = a .. baz; return bar end, env)
    emit(g(), rawget(env, 'bar'))
    local p = newproxy(true)
    getmetatable(p).__index = function(_, k) return k .. k end
    emit(p.ab, p.cd)
)},
{"ffi structs", LUA(
    local ffi = require 'ffi'
    local point = ffi.metatype('struct { int x, y; }', {
        __add = function(a, b) local x = a.x + b.x; local y = a.y + b.y; return ffi.new(ffi.typeof(a), x, y) end,
        __index = {norm = function(p) local s = p.x * p.x; return s + p.y * p.y end},
        __tostring = function(p) return '(' .. p.x .. ' ' .. p.y .. ')' end
    })
    local a, b = point(1, 2), point(3, 4)
    local c = a + b + a
    emit(tostring(c), c:norm(), tostring(a + b))
    local buf = ffi.new('char[?]', 16)
    ffi.copy(buf, 'hello', 5)
    emit(ffi.string(buf), #ffi.string(buf, 3), tonumber(ffi.new('int64_t', 5) * 3LL + 1))
    local arr = ffi.new('double[8]')
    for i = 0, 7 do arr[i] = i * 0.5 end
    local s = 0
    for i = 0, 7 do local v = arr[i]; s = s + v end
    emit(s)
)},
{"swept at every call", LUA(
    local function work(a, b)
        local t = {a, b, sweep()}
        local s = a .. sweep() .. b
        for i = 1, 3 do local u = {i}; sweep(); s = s .. u[1] end
        local f = function() sweep(); return t[1] .. t[2] end
        return sweep() .. f(), s, f()
    end
    for i = 1, 4 do emit(work('x' .. i, i)) end
)},
};

/** For compiled code: hot loops of every kind, so that bytecode has been replaced when sweep() comes. */
static const struct lua_program lua_hot_programs[] = {
{"hot numeric loop", LUA(
    local function run(n) local s = 0; for i = 1, n do local v = i % 7; s = s + v end; return s end
    for i = 1, 30 do local r = run(100); local u = {r}; sweep(); emit(r, u[1]) end
    local s = 0
    for i = 1, 300 do local t = {i}; if i % 50 == 0 then sweep() end; s = s + t[1] end
    emit(s)
    for i = 1, 100 do for j = 1, 5 do s = s + j; if i == 77 then sweep() end end end
    emit(s)
)},
{"hot while loop", LUA(
    local function run(n) local i, s = 0, ''; while i < n do i = i + 1; local x = i * 2; if x % 50 == 0 then s = s .. x; sweep() end end; return s, i end
    for k = 1, 10 do emit(run(100 + k)) end
    local function again(n) local t = {}; repeat local v = #t + 1; t[v] = v; if v % 40 == 0 then sweep() end until v >= n; return #t, t[n] end
    for k = 1, 5 do emit(again(120)) end
    local n = 0
    ::top:: n = n + 1; local z = n * 2; if n % 100 == 0 then sweep() end; if n < 500 then goto top end
    emit(n, z)
)},
{"hot iterators", LUA(
    local t = {}
    for i = 1, 100 do t[i] = i end
    local s = 0
    for round = 1, 8 do
        for i, v in ipairs(t) do local d = v * 2; s = s + d; if i == 60 then sweep() end end
        for k, v in pairs(t) do local d = v + 1; s = s + d; if k == 60 then sweep() end end
        for k, v in next, t do s = s + v end
        for w in ('a b c d'):gmatch('%a') do s = s + #w; sweep() end
        emit(s)
    end
    for round = 1, 4 do
        local k, m, n = 3, round, {2}
        for i, v in ipairs(t) do s = s + k * v; if i % 30 == 0 then sweep() end end
        for a, v in pairs(t) do s = s + m * v; if a % 30 == 0 then sweep() end end
        for i = 1, 100 do s = s + n[1]; if i % 30 == 0 then sweep() end end
    end
    emit(s)
    local function each(t) local n = 0; for k in pairs(t) do n = n + 1 end; sweep(); return n end
    for i = 1, 80 do local n = each(t); if i % 20 == 0 then emit(n) end end
)},
{"hot functions and closures", LUA(
    local function add(a, b) local c = a + b; return c end
    local function twice(f, x) local y = f(x, x); return f(y, y) end
    local s = 0
    for i = 1, 300 do s = s + twice(add, i); if i % 90 == 0 then sweep() end end
    emit(s)
    local fs = {}
    for i = 1, 120 do local n = i; fs[i] = function() n = n + 1; return n end; if i % 60 == 0 then sweep() end end
    local u = 0
    for r = 1, 3 do for i = 1, #fs do u = u + fs[i]() end; sweep() end
    emit(u)
    local function fib(n) if n < 2 then return n end; return fib(n - 1) + fib(n - 2) end
    emit(fib(15)); sweep()
    local function va(...) local a, b = ...; sweep(); return select('#', ...) + (b or a or 0) end
    for i = 1, 100 do u = u + va(i, 1) + va() + va(2) end
    emit(u)
    local function rec(n) if n == 0 then sweep(); return 0 end; local r = rec(n - 1); return r + 1 end
    for i = 1, 40 do emit(rec(20)) end
    local function tail(n, a) if n == 0 then sweep(); return a end; return tail(n - 1, a + n) end
    for i = 1, 20 do emit(tail(100, 0)) end
)},
{"hot metamethods, strings, coroutines", LUA(
    local mt = {__index = function(t, k) local r = k .. '!'; return r end, __add = function(a, b) sweep(); return a.v + b.v end}
    local a = setmetatable({v = 1}, mt)
    local n = 0
    for i = 1, 150 do local q = a.foo; n = n + #q + (a + a) end
    emit(n)
    local s = ''
    for i = 1, 200 do local p = i % 10; s = s .. p .. (p == 5 and 'x' or ''); if i % 70 == 0 then sweep() end end
    emit(s)
    local co = coroutine.create(function() for i = 1, 200 do local v = i * 3; coroutine.yield(v) end end)
    track(co)
    for i = 1, 200 do local _, v = coroutine.resume(co); n = n + v; if i % 33 == 0 then sweep() end end
    emit(n)
    for i = 1, 100 do local ok, e = pcall(function(x) if x % 2 == 0 then error(x, 0) end; sweep(); return x * 2 end, i); n = n + e end
    emit(n)
)},
};
/* clang-format on */

#endif
