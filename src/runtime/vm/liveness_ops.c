/* SPDX-License-Identifier: MIT */
/*
 * Most instructions are described by flags in a table; calls, loops, returns and everything with
 * a range of slots has a line of its own.  Instructions that the JIT compiler overwrites (JFORL,
 * JITERL, JLOOP) have lost their jump target or even their kind: both are found again in the
 * bytecode around them, and in the trace when the caller gives us the VM.
 */
#include "runtime/vm/liveness_ops.h"

enum { ALL_SLOTS = 256 };

enum {
    READ_A = 1,
    WRITE_A = 2,
    READ_B = 4,
    READ_C = 8,
    READ_D = 16,
    CONDITION = 32, /* followed by a JMP, which it executes or skips */
    KNOWN = 128,
};

static const uint8_t plain_ops[] = {
    [LJ_BC_ISLT... LJ_BC_ISNEV] = KNOWN | READ_A | READ_D | CONDITION,
    [LJ_BC_ISEQS... LJ_BC_ISNEP] = KNOWN | READ_A | CONDITION,
    [LJ_BC_ISTC... LJ_BC_ISFC] = KNOWN | WRITE_A | READ_D | CONDITION,
    [LJ_BC_IST... LJ_BC_ISF] = KNOWN | READ_D | CONDITION,
    [LJ_BC_ISTYPE... LJ_BC_ISNUM] = KNOWN | READ_A,
    [LJ_BC_MOV... LJ_BC_LEN] = KNOWN | WRITE_A | READ_D,
    [LJ_BC_ADDVN... LJ_BC_ADDVV - 1] = KNOWN | WRITE_A | READ_B,
    [LJ_BC_ADDVV... LJ_BC_POW] = KNOWN | WRITE_A | READ_B | READ_C,
    [LJ_BC_KSTR... LJ_BC_KPRI] = KNOWN | WRITE_A,
    [LJ_BC_UGET] = KNOWN | WRITE_A,
    [LJ_BC_USETV] = KNOWN | READ_D,
    [LJ_BC_USETS... LJ_BC_USETP] = KNOWN,
    [LJ_BC_TNEW... LJ_BC_GGET] = KNOWN | WRITE_A,
    [LJ_BC_GSET] = KNOWN | READ_A,
    [LJ_BC_TGETV] = KNOWN | WRITE_A | READ_B | READ_C,
    [LJ_BC_TGETS... LJ_BC_TGETB] = KNOWN | WRITE_A | READ_B,
    [LJ_BC_TGETR] = KNOWN | WRITE_A | READ_B | READ_C,
    [LJ_BC_TSETV] = KNOWN | READ_A | READ_B | READ_C,
    [LJ_BC_TSETS... LJ_BC_TSETB] = KNOWN | READ_A | READ_B,
    [LJ_BC_TSETR] = KNOWN | READ_A | READ_B | READ_C,
    [LJ_BC_BNOT] = KNOWN | WRITE_A | READ_D,
    [LJ_BC_BAND... LJ_BC_BSAR] = KNOWN | WRITE_A | READ_B | READ_C,
};

static struct ffisan_slot_range range(uint32_t from, uint32_t to)
{
    struct ffisan_slot_range slots = {(uint16_t)(from < ALL_SLOTS ? from : ALL_SLOTS),
                                      (uint16_t)(to < ALL_SLOTS ? to : ALL_SLOTS)};
    return slots;
}

static void flow(struct ffisan_op_effect *effect, uint32_t next)
{
    effect->next[effect->n_next++] = next;
}

static void plain_effect(uint32_t pc, uint32_t ins, struct ffisan_op_effect *effect)
{
    uint8_t flags = plain_ops[lj_bc_op(ins)];
    unsigned n = 0;
    if (flags & READ_A)
        effect->reads[n++] = range(lj_bc_a(ins), lj_bc_a(ins) + 1);
    if (flags & READ_B)
        effect->reads[n++] = range(lj_bc_b(ins), lj_bc_b(ins) + 1);
    if (flags & READ_C)
        effect->reads[n++] = range(lj_bc_c(ins), lj_bc_c(ins) + 1);
    if (flags & READ_D)
        effect->reads[n++] = range(lj_bc_d(ins), lj_bc_d(ins) + 1);
    if (flags & WRITE_A)
        effect->writes = range(lj_bc_a(ins), lj_bc_a(ins) + 1);
    flow(effect, pc + 1);
    if (flags & CONDITION) {
        flow(effect, pc + 2);
        effect->writes_on_first_way_only = true; /* ISTC, ISFC copy only when they jump */
    }
}

/* The FORI whose loop ends with the FORL at `pc`: it jumps right behind it. */
static uint32_t for_loop_start(const struct lj_proto *proto, uint32_t pc)
{
    for (uint32_t at = pc; --at >= 1;) {
        uint32_t op = lj_bc_op(proto->bc[at]);
        if ((op == LJ_BC_FORI || op == LJ_BC_JFORI) && lj_bc_target(at, proto->bc[at]) == pc + 1)
            return at;
    }
    return UINT32_MAX;
}

/* The JMP or ISNEXT that enters the loop whose ITERL is at `pc`: it leads to the ITERC before. */
static uint32_t iterator_loop_start(const struct lj_proto *proto, uint32_t pc)
{
    for (uint32_t at = pc; --at >= 1;) {
        uint32_t op = lj_bc_op(proto->bc[at]);
        if ((op == LJ_BC_JMP || op == LJ_BC_ISNEXT) &&
            lj_bc_a(proto->bc[at]) == lj_bc_a(proto->bc[pc]) &&
            lj_bc_target(at, proto->bc[at]) == pc - 1)
            return at;
    }
    return UINT32_MAX;
}

/* The instruction that the trace of a JLOOP replaced, or the JLOOP itself. */
static uint32_t traced_instruction(const struct ffisan_vm *vm, const struct lj_proto *proto,
                                   uint32_t pc)
{
    uint32_t ins = proto->bc[pc];
    uint64_t traces = vm != NULL ? ffisan_vm_word(vm, vm->layout.jit_traces) : 0;
    if (traces == 0)
        return ins;
    const struct lj_trace *trace = (const void *)((const uint64_t *)traces)[lj_bc_d(ins)];
    if (trace == NULL || trace->gct != LJ_GCT_TRACE || trace->traceno != lj_bc_d(ins) ||
        trace->startpc != (uintptr_t)&proto->bc[pc])
        return ins;
    return trace->startins;
}

/* A call: function at A, frame link at A+1, arguments from A+2 (n_args UINT32_MAX: to the end). */
static void call_effect(uint32_t a, uint32_t n_args, struct ffisan_op_effect *effect)
{
    effect->reads[0] = range(a, a + 1);
    effect->reads[1] = range(a + 2, n_args == UINT32_MAX ? ALL_SLOTS : a + 2 + n_args);
    effect->writes = range(a, ALL_SLOTS); /* results, or left behind by the callee */
    effect->busy = range(a, ALL_SLOTS);
}

static void return_effect(uint32_t from, uint32_t to, struct ffisan_op_effect *effect)
{
    effect->reads[0] = range(from, to);
    effect->busy = range(from, ALL_SLOTS);
}

/* The numeric loop's index, limit and step at A to A+2; the visible variable at A+3. */
static void for_effect(uint32_t a, uint32_t body, uint32_t exit, struct ffisan_op_effect *effect)
{
    effect->reads[0] = range(a, a + 3);
    effect->writes = range(a + 3, a + 4);
    effect->writes_on_first_way_only = true;
    flow(effect, body);
    flow(effect, exit);
}

/* The variables of the parent's frame that a new closure captures. */
static bool closure_effect(const struct lj_proto *proto, uint32_t pc,
                           struct ffisan_op_effect *effect)
{
    uint32_t ins = proto->bc[pc];
    if (lj_bc_d(ins) >= proto->sizekgc)
        return false;
    const uint64_t *constants = (const void *)proto->k;
    const struct lj_proto *child = (const void *)constants[-1 - (int)lj_bc_d(ins)];
    if (child == NULL || child->gct != LJ_GCT_PROTO)
        return false;
    const uint16_t *captured = (const void *)child->uv;
    uint32_t low = ALL_SLOTS, high = 0;
    for (uint32_t i = 0; i < child->sizeuv; i++) {
        uint32_t slot = captured[i] & 0xff;
        if (!(captured[i] & 0x8000)) /* an upvalue of the parent, not a slot */
            continue;
        low = slot < low ? slot : low;
        high = slot + 1 > high ? slot + 1 : high;
    }
    if (low < high)
        effect->reads[0] = range(low, high);
    effect->writes = range(lj_bc_a(ins), lj_bc_a(ins) + 1);
    flow(effect, pc + 1);
    return true;
}

static bool call_op_effect(uint32_t pc, uint32_t ins, struct ffisan_op_effect *effect)
{
    uint32_t a = lj_bc_a(ins), c = lj_bc_c(ins), d = lj_bc_d(ins);
    switch (lj_bc_op(ins)) {
    case LJ_BC_CALL:
        call_effect(a, c - 1, effect);
        break;
    case LJ_BC_CALLM:
        call_effect(a, UINT32_MAX, effect);
        break;
    case LJ_BC_CALLT:
        call_effect(a, d - 1, effect);
        return true;
    case LJ_BC_CALLMT:
        call_effect(a, UINT32_MAX, effect);
        return true;
    case LJ_BC_ITERC:
    case LJ_BC_ITERN:
        call_effect(a, 0, effect);
        effect->reads[0] = range(a - 3, a);
        break;
    default:
        return false;
    }
    flow(effect, pc + 1);
    return true;
}

static bool return_op_effect(uint32_t ins, struct ffisan_op_effect *effect)
{
    uint32_t a = lj_bc_a(ins), d = lj_bc_d(ins);
    switch (lj_bc_op(ins)) {
    case LJ_BC_RETM:
        return_effect(a, ALL_SLOTS, effect);
        return true;
    case LJ_BC_RET:
        return_effect(a, a + d - 1, effect);
        return true;
    case LJ_BC_RET0:
        return true;
    case LJ_BC_RET1:
        return_effect(a, a + 1, effect);
        return true;
    default:
        return false;
    }
}

static bool loop_op_effect(const struct lj_proto *proto, uint32_t pc, uint32_t ins,
                           struct ffisan_op_effect *effect)
{
    uint32_t a = lj_bc_a(ins), start;
    switch (lj_bc_op(ins)) {
    case LJ_BC_FORI:
    case LJ_BC_JFORI:
        for_effect(a, pc + 1, lj_bc_target(pc, ins), effect);
        return true;
    case LJ_BC_FORL:
    case LJ_BC_IFORL:
        for_effect(a, lj_bc_target(pc, ins), pc + 1, effect);
        return true;
    case LJ_BC_JFORL:
        start = for_loop_start(proto, pc);
        for_effect(a, start + 1, pc + 1, effect);
        return start != UINT32_MAX;
    case LJ_BC_ITERL:
    case LJ_BC_IITERL:
    case LJ_BC_JITERL:
        start = lj_bc_op(ins) == LJ_BC_JITERL ? iterator_loop_start(proto, pc) + 1
                                              : lj_bc_target(pc, ins);
        effect->reads[0] = range(a, a + 1);
        effect->writes = range(a - 1, a);
        effect->writes_on_first_way_only = true;
        flow(effect, start);
        flow(effect, pc + 1);
        return start != 0;
    case LJ_BC_LOOP:
    case LJ_BC_ILOOP:
        flow(effect, pc + 1);
        return true;
    case LJ_BC_ISNEXT:
        effect->reads[0] = range(a - 3, a);
        flow(effect, lj_bc_target(pc, ins));
        return true;
    case LJ_BC_UCLO: /* the slots it closes have open upvalues: the caller keeps those */
    case LJ_BC_JMP:
        flow(effect, lj_bc_target(pc, ins));
        return true;
    default:
        return false;
    }
}

static bool range_op_effect(uint32_t pc, uint32_t ins, struct ffisan_op_effect *effect)
{
    uint32_t a = lj_bc_a(ins), b = lj_bc_b(ins), d = lj_bc_d(ins);
    switch (lj_bc_op(ins)) {
    case LJ_BC_CAT:
        effect->reads[0] = range(b, lj_bc_c(ins) + 1);
        effect->writes = range(a, a + 1);
        effect->busy = range(b, ALL_SLOTS);
        break;
    case LJ_BC_KNIL:
        effect->writes = range(a, d + 1);
        break;
    case LJ_BC_TSETM:
        effect->reads[0] = range(a - 1, ALL_SLOTS);
        effect->busy = range(a - 1, ALL_SLOTS);
        break;
    case LJ_BC_VARG:
        effect->writes = range(a, b == 0 ? ALL_SLOTS : a + b - 1);
        effect->busy = range(a, ALL_SLOTS);
        break;
    default:
        return false;
    }
    flow(effect, pc + 1);
    return true;
}

/* A loop, an ITERN or a return: everything may be read. */
static void unknown_loop_effect(uint32_t pc, struct ffisan_op_effect *effect)
{
    effect->reads[0] = range(0, ALL_SLOTS);
    effect->busy = range(0, ALL_SLOTS);
    flow(effect, pc + 1);
}

static bool is_iterator_loop_end(uint32_t ins)
{
    return lj_bc_op(ins) >= LJ_BC_ITERL && lj_bc_op(ins) <= LJ_BC_JITERL;
}

static bool jloop_effect(const struct ffisan_vm *vm, const struct lj_proto *proto, uint32_t pc,
                         struct ffisan_op_effect *effect)
{
    uint32_t ins = traced_instruction(vm, proto, pc);
    uint32_t next = pc + 1 < proto->sizebc ? proto->bc[pc + 1] : 0;
    switch (lj_bc_op(ins)) {
    case LJ_BC_LOOP:
    case LJ_BC_ILOOP:
        flow(effect, pc + 1);
        return true;
    case LJ_BC_JLOOP:
        if (!is_iterator_loop_end(next)) {
            unknown_loop_effect(pc, effect);
            return true;
        }
        ins = LJ_BC_ITERN | lj_bc_a(next) << 8;
        return call_op_effect(pc, ins, effect);
    case LJ_BC_ITERN:
        return call_op_effect(pc, ins, effect);
    default:
        return return_op_effect(ins, effect);
    }
}

static bool leads_inside(const struct lj_proto *proto, const struct ffisan_op_effect *effect)
{
    for (unsigned i = 0; i < effect->n_next; i++) {
        if (effect->next[i] == 0 || effect->next[i] >= proto->sizebc)
            return false;
    }
    return true;
}

bool ffisan_op_effect(const struct ffisan_vm *vm, const struct lj_proto *proto, uint32_t pc,
                      struct ffisan_op_effect *ret_effect)
{
    uint32_t ins = proto->bc[pc], op = lj_bc_op(ins);
    bool known;
    *ret_effect = (struct ffisan_op_effect){0};
    if (op < sizeof(plain_ops) && (plain_ops[op] & KNOWN)) {
        plain_effect(pc, ins, ret_effect);
        known = true;
    } else if (op == LJ_BC_FNEW) {
        known = closure_effect(proto, pc, ret_effect);
    } else if (op == LJ_BC_JLOOP) {
        known = jloop_effect(vm, proto, pc, ret_effect);
    } else if (op >= LJ_BC_FORI || op == LJ_BC_UCLO || op == LJ_BC_ISNEXT) {
        known = loop_op_effect(proto, pc, ins, ret_effect);
    } else {
        known = call_op_effect(pc, ins, ret_effect) || return_op_effect(ins, ret_effect) ||
                range_op_effect(pc, ins, ret_effect);
    }
    return known && leads_inside(proto, ret_effect);
}
