/* SPDX-License-Identifier: MIT */
#include "runtime/vm/straight.h"

#include "runtime/vm/liveness_ops.h"

#define LONGEST 32u /* bytecodes; to look at more costs more than to collect */

/* A function that was made by the instruction before is put under a name. */
static bool is_definition(uint32_t before, uint32_t ins)
{
    uint32_t op = lj_bc_op(ins);
    return (op == LJ_BC_TSETS || op == LJ_BC_GSET) && lj_bc_op(before) == LJ_BC_FNEW &&
           lj_bc_a(before) == lj_bc_a(ins);
}

static bool is_fetch(uint32_t ins)
{
    switch (lj_bc_op(ins)) {
    case LJ_BC_MOV:
    case LJ_BC_KSTR:
    case LJ_BC_KCDATA:
    case LJ_BC_KSHORT:
    case LJ_BC_KNUM:
    case LJ_BC_KPRI:
    case LJ_BC_UGET:
    case LJ_BC_FNEW:
    case LJ_BC_TNEW:
    case LJ_BC_TDUP:
    case LJ_BC_GGET:
    case LJ_BC_TGETV:
    case LJ_BC_TGETS:
    case LJ_BC_TGETB:
        return true;
    default:
        return false;
    }
}

/* An element of a table that this code has made itself. */
static bool is_initialization(const struct lj_proto *proto, uint32_t from, uint32_t pc)
{
    uint32_t ins = proto->bc[pc], op = lj_bc_op(ins);
    if (op != LJ_BC_TSETV && op != LJ_BC_TSETS && op != LJ_BC_TSETB)
        return false;
    while (pc-- > from) {
        uint32_t before = proto->bc[pc];
        bool is_table = lj_bc_op(before) == LJ_BC_TNEW || lj_bc_op(before) == LJ_BC_TDUP;
        if (lj_bc_a(before) == lj_bc_b(ins) && (is_table || is_fetch(before)))
            return is_table;
    }
    return false;
}

static bool is_harmless(const struct lj_proto *proto, uint32_t from, uint32_t pc,
                        uint32_t n_variables)
{
    uint32_t ins = proto->bc[pc];
    if (is_fetch(ins))
        return lj_bc_a(ins) >= n_variables;
    return (pc > from && is_definition(proto->bc[pc - 1], ins)) ||
           is_initialization(proto, from, pc);
}

bool ffisan_straight_gives_up_nothing(const struct lj_proto *proto, uint32_t from, uint32_t to)
{
    if (proto->varinfo == 0 || from == 0 || from > to || to - from > LONGEST || to >= proto->sizebc)
        return false;
    uint32_t n_variables = ffisan_scope_slots(proto, from);
    for (uint32_t pc = from; pc < to; pc++) {
        uint32_t n_next = ffisan_scope_slots(proto, pc + 1);
        if (!is_harmless(proto, from, pc, n_variables) || n_next < n_variables)
            return false;
        n_variables = n_next;
    }
    return true;
}
