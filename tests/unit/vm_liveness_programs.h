/* SPDX-License-Identifier: MIT */
/**
 * Lua programs for test_vm_liveness.c.  Each one calls emit(...) with what it computes; nothing
 * depends on addresses or on the order of a hash.  No comments inside: a program is one macro
 * argument.  sweep() clears all dead slots at once, track(co) makes it clear a coroutine's as well.
 */
#ifndef FFISAN_TESTS_UNIT_VM_LIVENESS_PROGRAMS_H
#define FFISAN_TESTS_UNIT_VM_LIVENESS_PROGRAMS_H

#define LUA(...) #__VA_ARGS__

struct lua_program {
    const char *name;
    const char *code;
};

/* clang-format off */
static const struct lua_program lua_features[] = {
{"arithmetic and comparisons", LUA(
    local function f(a, b, c)
        local d = a + b * c - (a / b) % (c ^ 2)
        local e = -d + 1 - 2 * a / 4
        if a < b and b <= c or not (a > c) then e = e + 1 end
        if a == b or c ~= 3 then e = e - 1 else e = 10 * e end
        return e, 1 + a, 2 - b, 3 * c, 4 / a, 5 % b, a - 1, b * 2, c / 3, a % 4, a ^ b
    end
    for i = 1, 5 do emit(f(i, i + 1, 3)) end
    local s = 'x'
    if s == 'x' then emit('eq') end
    if s ~= 'y' then emit('ne') end
    local n
    if n == nil then emit('nil') end
    if n ~= false then emit('not false') end
)},
{"and or not", LUA(
    local function pick(a, b, c)
        local r = a and b or c
        local q = not a and (b or c) or (c and a)
        local t = {a or b, b and c, not c}
        return r, q, t[1], t[2], t[3], (a or b) == (b or a), not (a and b and c)
    end
    local v = {false, 1, 'z', true}
    for i = 1, 4 do for j = 1, 4 do for k = 1, 4 do emit(pick(v[i], v[j], v[k])) end end end
    emit(pick(nil, nil, nil))
    local x, y, z = 1, false, 3
    x = y or x
    z = x and z
    y = z and y or x
    emit(x, y, z)
    local p, q, r = 4, 5, 6
    p = nil
    q = nil
    emit(p, q, r)
)},
{"numeric loops", LUA(
    local sum = 0
    for i = 1, 10 do for j = i, 1, -3 do local k = i * j; sum = sum + k end end
    for i = 10, 1 do sum = sum + 1000 end
    for x = 0, 1, 0.25 do sum = sum + x end
    for i = 1, 3 do local t = {}; for j = 1, i do t[j] = j end; sum = sum + #t end
    emit(sum)
)},
{"while and repeat", LUA(
    local i, fs = 0, {}
    while i < 10 do
        i = i + 1
        local j = i
        if j % 2 == 0 then fs[#fs + 1] = function() j = j + 1; return j end end
        if i == 9 then break end
    end
    for k = 1, #fs do emit(fs[k](), fs[k]()) end
    local n = 0
    repeat
        local last = n * 2
        local f = function() return last end
        n = n + 1
    until f() > 10 or last == 99
    emit(n)
    repeat local done = true until done
    while true do n = n - 1; if n < 0 then break end end
    emit(n)
)},
{"goto", LUA(
    for i = 1, 3 do
        for j = 1, 3 do
            local v = i * j
            if v % 2 == 0 then goto continue end
            emit(i, j, v)
            ::continue::
        end
    end
    local n = 0
    ::again::
    do
        local x = n + 1
        local f = function() return x end
        n = f()
        if n < 5 then goto again end
    end
    emit(n)
    do goto skip end
    emit('never')
    ::skip::
    for i = 1, 2 do
        local k = 0
        ::top::
        local s = 'a' .. k
        k = k + 1
        if k < 3 then goto top end
        emit(s, k)
    end
)},
{"closures share upvalues", LUA(
    local function counter()
        local n = 0
        local function up() n = n + 1; return n end
        local function down() n = n - 1; return n end
        local function set(v) n = v; return function() return n end end
        return up, down, set
    end
    local up, down, set = counter()
    emit(up(), up(), down())
    local get = set('text')
    emit(get())
    set(7)
    emit(up(), get())
    local fs = {}
    for i = 1, 4 do
        local a, b = i, i * 10
        fs[i] = function() a = a + 1; return a + b end
    end
    for i = 1, 4 do emit(fs[i](), fs[i]()) end
    local x = 1
    local function inner() x = x + 1; local y = x; return function() y = y + x; return y end end
    local g = inner()
    x = 100
    emit(g(), g(), x)
)},
{"upvalue written, not read, by its owner", LUA(
    local function run()
        local state = 'start'
        local function show() return state end
        state = 'second'
        emit(show())
        state = 'third'
        local s = show()
        state = nil
        return s, show()
    end
    emit(run())
    local log = {}
    do
        local v = 1
        log[1] = function() return v end
        v = 2
    end
    do local w = 'clobber'; local z = 'more'; emit(w, z) end
    emit(log[1]())
)},
{"varargs", LUA(
    local function count(...) return select('#', ...), ... end
    local function mid(a, ...) local b, c = ...; return a, b, c, ... end
    local function tail(...) return count('t', ...) end
    local function packed(...) local t = {n = select('#', ...), ...}; return t.n, #t, ... end
    local function only(...) return (...) end
    emit(count())
    emit(count(nil, nil))
    emit(mid(1, 2, 3, 4))
    emit(mid())
    emit(tail(1, nil, 3))
    emit(packed(5, 6, 7))
    emit(only(8, 9), only())
    local function sum(...)
        local s = 0
        for i = 1, select('#', ...) do local v = select(i, ...); s = s + v end
        return s
    end
    emit(sum(1, 2, 3, 4, 5, 6, 7, 8, 9))
    local function rec(n, ...) if n == 0 then return ... end return rec(n - 1, n, ...) end
    emit(rec(12))
    local function many(...) return {..., 'last'}, {'first', ...}, {...} end
    local a, b, c = many(1, 2, 3)
    emit(#a, #b, #c, a[1], b[4], c[3])
)},
{"more results than slots", LUA(
    local t = {}
    for i = 1, 200 do t[i] = i end
    local function all() return unpack(t) end
    local function sum(...) local s = 0; for i, v in ipairs({...}) do s = s + v end; return s end
    emit(sum(all()), sum(0, all()), sum(unpack(t, 50, 150)))
    local u = {all()}
    emit(#u, (all()))
    local function pass(...) return ... end
    emit(sum(pass(pass(all()))), select('#', pass(all())))
    local v = {1, 2, 3, all()}
    emit(#v, v[4], v[203])
)},
{"nested calls and temporaries", LUA(
    local function add(a, b, c) return a + b + (c or 0) end
    local function pair(x) return x, x * 2 end
    local function make(n) return {n = n, get = function(self, k) return self.n + (k or 0) end} end
    emit(add(add(1, 2), add(pair(3)), add(add(4, 5), add(pair(6)))))
    emit(make(1):get(make(2):get(make(3):get())), make(make(4).n):get(add(pair(5))))
    emit(#{pair(1), pair(2), pair(3)}, (pair(9)))
    emit(add(pair(make(7):get(1))), ('x'):rep(add(1, 1)), #('abc'):upper())
    local t = {a = {b = {c = function(...) return select('#', ...), ... end}}}
    emit(t.a.b.c(t.a.b.c(t.a.b.c(1, 2))))
)},
{"methods", LUA(
    local Account = {}
    Account.__index = Account
    function Account.new(n) return setmetatable({balance = n, log = {}}, Account) end
    function Account:deposit(v) self.balance = self.balance + v; self.log[#self.log + 1] = v; return self end
    function Account:total(...) local s = 0; for _, v in ipairs(self.log) do s = s + v end; return s, ... end
    local a = Account.new(100):deposit(1):deposit(2):deposit(3)
    emit(a.balance, a:total(a:total('x')))
    local Special = setmetatable({}, {__index = Account})
    Special.__index = Special
    function Special:deposit(v) Account.deposit(self, v * 2); return self end
    local b = setmetatable(Account.new(5), Special)
    b:deposit(10):deposit(20)
    emit(b.balance, (b:total()))
)},
{"metamethods", LUA(
    local mt = {}
    local function V(x, y) return setmetatable({x = x, y = y}, mt) end
    mt.__add = function(a, b) local t = {a.x + b.x}; return V(t[1], a.y + b.y) end
    mt.__sub = function(a, b) return V(a.x - b.x, a.y - b.y) end
    mt.__mul = function(a, k) if type(a) == 'number' then a, k = k, a end; return V(a.x * k, a.y * k) end
    mt.__unm = function(a) return V(-a.x, -a.y) end
    mt.__eq = function(a, b) local same = a.x == b.x; return same and a.y == b.y end
    mt.__lt = function(a, b) local l = {a.x, b.x}; return l[1] < l[2] end
    mt.__le = function(a, b) return a.x <= b.x end
    mt.__call = function(self, ...) return self.x, select('#', ...), ... end
    mt.__concat = function(a, b)
        local l = type(a) == 'table' and a.x or a
        local r = type(b) == 'table' and b.x or b
        return '<' .. tostring(l) .. tostring(r) .. '>'
    end
    mt.__index = function(t, k) local r = 'no ' .. tostring(k); return r end
    mt.__newindex = function(t, k, v) rawset(t, k, v * 2) end
    mt.__len = function() return 42 end
    mt.__tostring = function(v) return 'V' .. v.x .. ',' .. v.y end
    local a, b = V(1, 2), V(3, 4)
    local c = a + b * 2 - -a
    emit(tostring(c), a == V(1, 2), a ~= b, a < b, a <= b, b < a, not (a >= b))
    if a < b then emit('lt') else emit('ge') end
    if not (a <= b) then emit('gt') end
    if a == b then emit('eq') else emit('ne') end
    emit(a .. b, 'x' .. a .. 'y' .. b, a .. 'q' .. 1 .. 2 .. b .. 'z')
    emit(a(1, 2, 3), a())
    a.z = 21
    emit(a.z, a.missing, a[5], 2 * a == a * 2)
    local chain = setmetatable({}, {__index = setmetatable({q = 1}, {__index = function(t, k) return k .. '!' end})})
    emit(chain.q, chain.w)
    for k, v in setmetatable({}, {__call = function(self, s, c) c = (c or 0) + 1; if c < 4 then return c, c * c end end}) do
        emit(k, v)
    end
)},
{"concatenation", LUA(
    local a, b, c = 'a', 1, 2.5
    emit(a .. b .. c, a .. (b .. (c .. a)), (a .. b) .. (c .. a))
    local s = ''
    for i = 1, 20 do s = s .. i .. ',' .. (i % 3 == 0 and 'fizz' or tostring(i * i)) .. ';' end
    emit(s)
    local function wrap(x) return '[' .. x .. ']' end
    emit(wrap('x' .. wrap('y' .. wrap('z') .. 'y') .. 'x'), 'q' .. wrap(a .. b) .. c)
    local t = {}
    for i = 1, 10 do t[#t + 1] = 'k' .. i .. '=' .. #t end
    emit(table.concat(t, '&'))
)},
{"pcall and errors", LUA(
    local function bad(n) local t = {n}; if n > 2 then error({code = n}) end; return t[1], n end
    for i = 1, 4 do
        local ok, e, f = pcall(bad, i)
        emit(ok, type(e) == 'table' and e.code or e, f)
    end
    emit(select('#', pcall(function(...) return ... end, 1, nil, nil)))
    local ok, msg = pcall(function() local x; return x.y end)
    emit(ok, (tostring(msg):gsub('^.-:%d+: ', '')))
    emit(xpcall(function() local k = 'key'; error(k) end, function(m) return 'handled ' .. tostring(m):match('%w+$') end))
    local function finally(f, g) local r = {pcall(f)}; g(); return unpack(r) end
    local trail = {}
    emit(finally(function() trail[1] = 'body'; return 'r', 's' end, function() trail[2] = 'end' end))
    emit(trail[1], trail[2])
    local function deep(n) if n == 0 then error('deep', 0) end; local r = deep(n - 1); return r end
    emit(pcall(deep, 30))
    emit(pcall(pcall, error, 'e'))
    local s = 0
    for i = 1, 20 do local ok, v = pcall(function(x) if x % 3 == 0 then error(x, 0) end return x * 2 end, i); s = s + v end
    emit(s)
)},
{"coroutines", LUA(
    local function gen(n)
        return coroutine.wrap(function() for i = 1, n do local sq = i * i; coroutine.yield(i, sq) end return 'done' end)
    end
    local g = gen(3)
    emit(g()); emit(g()); emit(g()); emit(g())
    for a, b in gen(4) do if not b then break end; emit(a, b) end
    local co = coroutine.create(function(a, b)
        local t = {a, b}
        local c = coroutine.yield(a + b)
        t[3] = c
        local d, e = coroutine.yield(t[1] * c)
        local s = 0
        for i, v in ipairs(t) do s = s + v * (i == 2 and d or e) ; coroutine.yield(s) end
        return 'end', s
    end)
    track(co)
    emit(coroutine.resume(co, 1, 2))
    emit(coroutine.resume(co, 10))
    emit(coroutine.resume(co, 3, 4))
    local junk = {}
    for i = 1, 20 do junk[i] = {tostring(i)} end
    emit(coroutine.resume(co)); emit(coroutine.resume(co)); emit(coroutine.resume(co))
    emit(coroutine.status(co), coroutine.resume(co))
    local function tree(n) if n > 0 then tree(n - 1); coroutine.yield(n); tree(n - 1) end end
    local s = ''
    for v in coroutine.wrap(function() tree(4) end) do s = s .. v end
    emit(s)
    local ok, e = coroutine.resume(coroutine.create(function() local x = {}; error(x.y or 'inner', 0) end))
    emit(ok, e)
)},
{"producer and consumer", LUA(
    local function producer() return coroutine.create(function()
        for _, w in ipairs({'one', 'two', 'three'}) do local line = w .. '!'; coroutine.yield(line) end
        return nil
    end) end
    local function filter(p) track(p); return coroutine.create(function()
        local n = 1
        while true do
            local _, x = coroutine.resume(p)
            if not x then return nil end
            local out = n .. ':' .. x
            n = n + 1
            coroutine.yield(out)
        end
    end) end
    local f = filter(producer())
    track(f)
    while true do
        local ok, x = coroutine.resume(f)
        if not x then break end
        emit(ok, x)
    end
)},
{"iterators", LUA(
    local t = {10, 20, 30, x = 1}
    local s, n = 0, 0
    for k, v in pairs(t) do s = s + v; n = n + 1 end
    for k in pairs(t) do n = n + 1 end
    for k, v in next, t do n = n + 1 end
    for i, v in ipairs(t) do s = s + i * v end
    emit(s, n)
    local function range(a, b) return function(stop, c) c = c + 1; if c <= stop then return c, c * 2, c * 3 end end, b, a - 1 end
    for i, d, tr in range(2, 5) do emit(i, d, tr) end
    local function chars(str) local i = 0; return function() i = i + 1; local c = str:sub(i, i); if c ~= '' then return c, i end end end
    for c, i in chars('hello') do local u = c:upper(); emit(u, i) end
    for w in ('a bc def'):gmatch('%a+') do emit(w, #w) end
    for k, v in pairs({}) do emit('never', k, v) end
    local fs = {}
    for i, v in ipairs({'p', 'q'}) do fs[#fs + 1] = function() v = v .. i; return v end end
    emit(fs[1](), fs[2](), fs[1]())
    local keys = {}
    for k, v in pairs({a = 1, b = 2, c = 3}) do keys[#keys + 1] = k .. v; if #keys > 5 then break end end
    table.sort(keys)
    emit(table.concat(keys, ' '))
    for i, v in ipairs({1, 2, 3, 4}) do if v == 2 then goto next end; if v == 4 then break end; emit(v); ::next:: end
)},
{"pairs despecialised", LUA(
    local function each(iter, t) local s = 0; for k, v in iter(t) do s = s + v end; return s end
    local mine = function(t) return function(_, i) i = (i or 0) + 1; if t[i] then return i, t[i] end end, t end
    local t = {1, 2, 3}
    emit(each(pairs, t), each(mine, t), each(pairs, t), each(ipairs, t))
    local pairs = mine
    local s = 0
    for k, v in pairs(t) do s = s + k * v end
    emit(s)
)},
{"tables", LUA(
    local function three() return 1, 2, 3 end
    local t = {three(), three(), x = three(), [three()] = 'one', three()}
    emit(#t, t[1], t.x, t[5])
    t[three()], t.x, t[#t + 1] = 'a', t[1], 'end'
    emit(t[1], t.x, t[6], #t)
    local a, b, c, d = three()
    a, b, c = c, a, b
    emit(a, b, c, d)
    local i = 1
    i, t[i] = i + 1, 20
    emit(i, t[1], t[2])
    local m = {}
    for r = 1, 4 do m[r] = {}; for k = 1, 4 do m[r][k] = r * k end end
    local trace = 0
    for r = 1, 4 do trace = trace + m[r][r] end
    emit(trace)
    local nested = {list = {{name = 'n1', {1, 2}}, {name = 'n2', {3, 4, {5}}}}}
    emit(nested.list[2][1][3][1], nested.list[1].name .. nested.list[2].name)
    local e = {{}, {{}, {}}, {[1] = {}, x = {y = {}}}}
    emit(#e, #e[2], type(e[3].x.y))
)},
{"many blocks reuse slots", LUA(
    local total = 0
    do local a, b, c = 1, 2, 3; total = total + a + b + c end
    do local s = 'str'; local f = function() return s end; total = total + #f() end
    do local x; total = total + (x and 1 or 2) end
    do local p, q = {1}, {2}; local r = p[1] + q[1]; do local t = r * 2; total = total + t end; total = total + r end
    if total > 3 then local z = total; total = z + 1 elseif total > 2 then local y = 0; total = y else local w = 5; total = w end
    for i = 1, 2 do local a = i; do local b = a; local c = function() b = b + 1; return b end; total = total + c() + c() end; local d = a; total = total + d end
    emit(total)
    local u, v, w
    emit(u, v, w)
    u, w = 1, 3
    emit(u, v, w)
)},
{"tail calls", LUA(
    local function loop(n, acc) if n == 0 then return acc end; local m = acc + n; return loop(n - 1, m) end
    emit(loop(200, 0))
    local even
    local odd
    function even(n) if n == 0 then return true end; return odd(n - 1) end
    function odd(n) if n == 0 then return false end; return even(n - 1) end
    emit(even(51), odd(51))
    local function va(n, ...) if n == 0 then return select('#', ...), ... end; return va(n - 1, n, ...) end
    emit(va(8))
    local o = setmetatable({v = 1}, {__call = function(self, x) return self.v + x end})
    local function callit(x) return o(x) end
    emit(callit(4), (function(...) return select(2, ...) end)('a', 'b', 'c'))
    local function esc() local t = {}; local f = function() return t end; t.v = f; return f() end
    emit(type(esc().v))
)},
};
/* clang-format on */

#endif
