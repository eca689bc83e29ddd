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
static const struct lua_program lua_programs[] = {
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
