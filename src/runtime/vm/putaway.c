/* SPDX-License-Identifier: MIT */
#include "runtime/vm/putaway.h"

#include "runtime/vm/liveness_ops.h"
#include "runtime/vm/object.h"

#define MAX_SLOTS 64u
#define MAX_CODE 4096u /* instructions of a function that is searched */
#define MAX_STEPS 256u

/* Where the search goes on, and which slots have the value there. */
struct step {
    uint32_t pc;
    uint64_t slots;
};

static uint64_t bit_of(uint32_t slot)
{
    return slot < MAX_SLOTS ? UINT64_C(1) << slot : 0;
}

static uint64_t bits_of(struct ffisan_slot_range range)
{
    uint64_t bits = 0;
    for (uint32_t slot = range.from; slot < range.to && slot < MAX_SLOTS; slot++)
        bits |= bit_of(slot);
    return bits;
}

static bool makes_a_value(uint32_t op)
{
    return (op >= LJ_BC_ADDVN && op <= LJ_BC_POW) || (op >= LJ_BC_TGETV && op <= LJ_BC_TGETR) ||
           op == LJ_BC_CALL || op == LJ_BC_CALLM;
}

static bool stores(uint32_t ins, uint64_t slots)
{
    switch (lj_bc_op(ins)) {
    case LJ_BC_USETV:
        return slots & bit_of(lj_bc_d(ins));
    case LJ_BC_GSET:
    case LJ_BC_TSETV:
    case LJ_BC_TSETS:
    case LJ_BC_TSETB:
    case LJ_BC_TSETR:
        return slots & bit_of(lj_bc_a(ins));
    default:
        return false;
    }
}

static bool returns(uint32_t ins, uint64_t slots)
{
    uint32_t op = lj_bc_op(ins);
    return (op == LJ_BC_RET1 || op == LJ_BC_RET) && slots & bit_of(lj_bc_a(ins));
}

static uint64_t slots_after(uint32_t ins, const struct ffisan_op_effect *effect, uint64_t slots)
{
    bool is_copied = lj_bc_op(ins) == LJ_BC_MOV && slots & bit_of(lj_bc_d(ins));
    slots &= ~(bits_of(effect->writes) | bits_of(effect->busy));
    return is_copied ? slots | bit_of(lj_bc_a(ins)) : slots;
}

static enum ffisan_putaway follow(const struct ffisan_vm *vm, const struct lj_proto *proto,
                                  struct step first, uint32_t *ret_pc)
{
    struct step steps[MAX_STEPS] = {first};
    uint64_t seen[MAX_CODE / 64] = {0};
    for (uint32_t i = 0, n = 1; i < n; i++) {
        uint32_t pc = steps[i].pc;
        uint64_t slots = steps[i].slots;
        struct ffisan_op_effect effect;
        if (pc == 0 || pc >= proto->sizebc || slots == 0 || seen[pc / 64] >> pc % 64 & 1)
            continue;
        seen[pc / 64] |= UINT64_C(1) << pc % 64;
        *ret_pc = pc;
        if (stores(proto->bc[pc], slots))
            return FFISAN_PUTAWAY_STORED;
        if (returns(proto->bc[pc], slots))
            return FFISAN_PUTAWAY_RETURNED;
        if (!ffisan_op_effect(vm, proto, pc, &effect))
            continue;
        slots = slots_after(proto->bc[pc], &effect, slots);
        for (unsigned k = 0; k < effect.n_next && n < MAX_STEPS; k++)
            steps[n++] = (struct step){effect.next[k], slots};
    }
    return FFISAN_PUTAWAY_NOWHERE;
}

enum ffisan_putaway ffisan_putaway_find(const struct ffisan_vm *vm, const struct lj_proto *proto,
                                        uint32_t pc, uint32_t *ret_pc)
{
    uint32_t ins = proto->bc[pc], op = lj_bc_op(ins);
    if (op == LJ_BC_CALLT || op == LJ_BC_CALLMT)
        return FFISAN_PUTAWAY_RETURNED;
    if (!makes_a_value(op) || proto->sizebc > MAX_CODE)
        return FFISAN_PUTAWAY_NOWHERE;
    return follow(vm, proto, (struct step){pc + 1, bit_of(lj_bc_a(ins))}, ret_pc);
}
