/* SPDX-License-Identifier: MIT */
/*
 * A function that makes the parser emit every opcode it can, and the opcodes it must have become.
 * Those that the parser never emits (KCDATA would load the FFI, ISTYPE, ISNUM, TGETR and TSETR are
 * for built-in functions, I* and J* are patched in later) lie between two that are checked, at the
 * right distance.  Only opcodes are compared, not constants, so that a parser that numbers its
 * constants differently still passes; a few operands prove the layout of calls and indexing.
 */
#include "runtime/vm/liveness.h"
#include "runtime/vm/liveness_ops.h"

const char ffisan_liveness_probe[] =
    "local a, b, c = ...\n"
    "local t, u = {}, {1, 2, x = a}\n"
    "local function f(p, q) a = p; b = 'k'; c = 1; u = nil; return a end\n"
    "local function g() return f(1, g()) end\n"
    "local function h(...) local x = f; return x, ... end\n"
    "local function i(...) return (f(1, ...)) end\n"
    "local function j() for n = 1, 2 do local z = n; k = function() return z end end end\n"
    "local d, e\n"
    "if a < b then d = -a elseif a <= b then d = #a end\n"
    "if not (a < b) then d = not a end\n"
    "if not (a <= b) then d = a end\n"
    "if a == b then d = 0.5 elseif a ~= b then d = 's' end\n"
    "if a == 's' then d = true elseif a ~= 's' then d = a + 7 end\n"
    "if a == 9 then d = a - 7 elseif a ~= 9 then d = a * 7 end\n"
    "if a == nil then d = a / 7 elseif a ~= nil then d = a % 7 end\n"
    "if a then d = 7 + a elseif not b then d = 7 - a end\n"
    "e = a or b\n"
    "e = a and b\n"
    "e = 7 * a\n"
    "e = 7 / a\n"
    "e = 7 % a\n"
    "e = a + b\n"
    "e = a - b\n"
    "e = a * b\n"
    "e = a / b\n"
    "e = a % b\n"
    "e = a ^ b\n"
    "e = a .. b .. c\n"
    "e = G\n"
    "G = e\n"
    "e = t[a]\n"
    "e = t.y\n"
    "e = t[3]\n"
    "t[a] = e\n"
    "t.y = e\n"
    "t[3] = e\n"
    "t = {a, f()}\n"
    "f(1, g(b))\n"
    "t:m(a, b)\n"
    "for n = 1, 10 do e = n end\n"
    "for k, v in pairs(t) do e = v end\n"
    "for k, v in g() do e = v end\n"
    "while a do e = a end\n"
    "repeat local r = e; f(function() return r end) until r\n"
    "do local s = a; e = function() return s end end\n"
    "if a then return a, b end\n"
    "if b then return end\n"
    "return f(a, b)\n";

#define OP(name) LJ_BC_##name

/* clang-format off */
static const uint8_t main_ops[] = {
    OP(VARG), OP(TNEW), OP(TDUP), OP(TSETS), OP(FNEW), OP(FNEW), OP(FNEW), OP(FNEW), OP(FNEW),
    OP(KNIL), OP(ISGE), OP(JMP), OP(UNM), OP(JMP), OP(ISGT), OP(JMP), OP(LEN), OP(ISLT),
    OP(JMP), OP(NOT), OP(ISLE), OP(JMP), OP(MOV), OP(ISNEV), OP(JMP), OP(KNUM), OP(JMP),
    OP(ISEQV), OP(JMP), OP(KSTR), OP(ISNES), OP(JMP), OP(KPRI), OP(JMP), OP(ISEQS), OP(JMP),
    OP(ADDVN), OP(ISNEN), OP(JMP), OP(ADDVN) + 1, OP(JMP), OP(ISEQN), OP(JMP), OP(ADDVN) + 2,
    OP(ISNEP), OP(JMP), OP(ADDVN) + 3, OP(JMP), OP(ISEQP), OP(JMP), OP(ADDVN) + 4, OP(ISF), OP(JMP),
    OP(ADDNV), OP(JMP), OP(IST), OP(JMP), OP(ADDNV) + 1, OP(ISTC), OP(JMP), OP(MOV), OP(ISFC),
    OP(JMP), OP(MOV), OP(ADDNV) + 2, OP(ADDNV) + 3, OP(ADDNV) + 4, OP(ADDVV), OP(ADDVV) + 1,
    OP(ADDVV) + 2, OP(ADDVV) + 3, OP(ADDVV) + 4, OP(POW), OP(MOV), OP(MOV), OP(MOV), OP(CAT),
    OP(GGET), OP(GSET), OP(TGETV), OP(TGETS), OP(TGETB), OP(TSETV), OP(TSETS), OP(TSETB),
    OP(TNEW), OP(TSETB), OP(MOV), OP(CALL), OP(TSETM), OP(MOV), OP(MOV), OP(KSHORT), OP(MOV),
    OP(MOV), OP(CALL), OP(CALLM), OP(MOV), OP(TGETS), OP(MOV), OP(MOV), OP(CALL), OP(KSHORT),
    OP(KSHORT), OP(KSHORT), OP(FORI), OP(MOV), OP(FORL), OP(GGET), OP(MOV), OP(CALL),
    OP(ISNEXT), OP(MOV), OP(ITERN), OP(ITERL), OP(MOV), OP(CALL), OP(JMP), OP(MOV), OP(ITERC),
    OP(ITERL), OP(ISF), OP(JMP), OP(LOOP), OP(MOV), OP(JMP), OP(LOOP), OP(MOV), OP(MOV),
    OP(FNEW), OP(CALL), OP(ISF), OP(JMP), OP(UCLO), OP(UCLO), OP(MOV), OP(FNEW), OP(UCLO),
    OP(ISF), OP(JMP), OP(MOV), OP(MOV), OP(UCLO), OP(RET), OP(ISF), OP(JMP), OP(UCLO), OP(RET0),
    OP(MOV), OP(MOV), OP(MOV), OP(UCLO), OP(CALLT),
};
/* clang-format on */

static const uint8_t stores_ops[] = {
    OP(USETV), OP(USETS), OP(USETN), OP(USETP), OP(UGET), OP(RET1),
};

static const uint8_t tail_call_ops[] = {
    OP(UGET), OP(KSHORT), OP(UGET), OP(CALL), OP(CALLMT),
};

static const uint8_t return_varargs_ops[] = {
    OP(UGET),
    OP(MOV),
    OP(VARG),
    OP(RETM),
};

static const uint8_t call_varargs_ops[] = {
    OP(UGET), OP(KSHORT), OP(VARG), OP(CALLM), OP(RET1),
};

static const uint8_t for_loop_ops[] = {
    OP(KSHORT), OP(KSHORT), OP(KSHORT), OP(FORI), OP(MOV),
    OP(FNEW),   OP(GSET),   OP(UCLO),   OP(FORL), OP(RET0),
};

static const uint8_t inner_ops[] = {
    OP(UGET),
    OP(RET1),
};

#undef OP

struct expected {
    const uint8_t *ops;
    uint32_t n_ops;
};

#define OPS(array)                                                                                 \
    {                                                                                              \
        array, sizeof(array)                                                                       \
    }

static const struct expected children[] = {
    OPS(stores_ops),   OPS(tail_call_ops), OPS(return_varargs_ops), OPS(call_varargs_ops),
    OPS(for_loop_ops), OPS(inner_ops),     OPS(inner_ops),
};

#undef OPS

static bool has_ops(const struct lj_proto *proto, const uint8_t *ops, uint32_t n_ops)
{
    if (proto->sizebc != n_ops + 1)
        return false;
    for (uint32_t i = 0; i < n_ops; i++) {
        if (lj_bc_op(proto->bc[i + 1]) != ops[i])
            return false;
    }
    return true;
}

static bool has_children(const struct lj_proto *proto)
{
    size_t n_children = 0, n_expected = sizeof(children) / sizeof(children[0]);
    for (uint32_t i = 0; i < proto->sizekgc; i++) {
        const struct lj_proto *child = (const void *)((const uint64_t *)proto->k)[-1 - (int)i];
        if (child->gct != LJ_GCT_PROTO)
            continue;
        if (n_children == n_expected ||
            !has_ops(child, children[n_children].ops, children[n_children].n_ops))
            return false;
        n_children++;
    }
    return n_children == n_expected;
}

/* The main function's `t` lies in slot 3, `e` in 11; `f(1, g(b))` calls from slots 12 and 15. */
static bool has_operands(const struct lj_proto *proto)
{
    uint32_t argument = proto->bc[95], call = proto->bc[96], outer = proto->bc[97];
    uint32_t index = proto->bc[80], scan = proto->bc[114], jump = proto->bc[112];
    bool calls = lj_bc_a(argument) == 17 && lj_bc_a(call) == 15 && lj_bc_b(call) == 0 &&
                 lj_bc_c(call) == 2 && lj_bc_a(outer) == 12 && lj_bc_c(outer) == 1;
    bool others = lj_bc_a(index) == 11 && lj_bc_b(index) == 3 && lj_bc_c(index) == 0 &&
                  lj_bc_a(scan) == 15 && lj_bc_target(112, jump) == 114;
    return calls && others;
}

bool ffisan_liveness_verify(const struct lj_proto *proto)
{
    return has_ops(proto, main_ops, sizeof(main_ops)) && has_operands(proto) && has_children(proto);
}
