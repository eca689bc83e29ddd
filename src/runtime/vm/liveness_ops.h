/* SPDX-License-Identifier: MIT */
/**
 * LuaJIT's bytecode as the readers of this folder need it: the numbering of 2.1.0-beta3 to today's
 * v2.1 (GC64, two-slot frames), and what each instruction reads and writes.
 * Internal to src/runtime/vm.  Context: any; pure functions of the memory they are given.
 */
#ifndef FFISAN_VM_LIVENESS_OPS_H
#define FFISAN_VM_LIVENESS_OPS_H

#include "runtime/vm/layout.h"

enum lj_bc {
    LJ_BC_ISLT,
    LJ_BC_ISGE,
    LJ_BC_ISLE,
    LJ_BC_ISGT,
    LJ_BC_ISEQV,
    LJ_BC_ISNEV,
    LJ_BC_ISEQS,
    LJ_BC_ISNES,
    LJ_BC_ISEQN,
    LJ_BC_ISNEN,
    LJ_BC_ISEQP,
    LJ_BC_ISNEP,
    LJ_BC_ISTC,
    LJ_BC_ISFC,
    LJ_BC_IST,
    LJ_BC_ISF,
    LJ_BC_ISTYPE,
    LJ_BC_ISNUM,
    LJ_BC_MOV,
    LJ_BC_NOT,
    LJ_BC_UNM,
    LJ_BC_LEN,
    LJ_BC_ADDVN, /**< ADD SUB MUL DIV MOD, each as VN, NV, VV */
    LJ_BC_ADDNV = LJ_BC_ADDVN + 5,
    LJ_BC_ADDVV = LJ_BC_ADDNV + 5,
    LJ_BC_POW = LJ_BC_ADDVV + 5,
    LJ_BC_CAT,
    LJ_BC_KSTR,
    LJ_BC_KCDATA,
    LJ_BC_KSHORT,
    LJ_BC_KNUM,
    LJ_BC_KPRI,
    LJ_BC_KNIL,
    LJ_BC_UGET,
    LJ_BC_USETV,
    LJ_BC_USETS,
    LJ_BC_USETN,
    LJ_BC_USETP,
    LJ_BC_UCLO,
    LJ_BC_FNEW,
    LJ_BC_TNEW,
    LJ_BC_TDUP,
    LJ_BC_GGET,
    LJ_BC_GSET,
    LJ_BC_TGETV,
    LJ_BC_TGETS,
    LJ_BC_TGETB,
    LJ_BC_TGETR,
    LJ_BC_TSETV,
    LJ_BC_TSETS,
    LJ_BC_TSETB,
    LJ_BC_TSETM,
    LJ_BC_TSETR,
    LJ_BC_CALLM,
    LJ_BC_CALL,
    LJ_BC_CALLMT,
    LJ_BC_CALLT,
    LJ_BC_ITERC,
    LJ_BC_ITERN,
    LJ_BC_VARG,
    LJ_BC_ISNEXT,
    LJ_BC_RETM,
    LJ_BC_RET,
    LJ_BC_RET0,
    LJ_BC_RET1,
    LJ_BC_FORI,
    LJ_BC_JFORI,
    LJ_BC_FORL,
    LJ_BC_IFORL,
    LJ_BC_JFORL,
    LJ_BC_ITERL,
    LJ_BC_IITERL,
    LJ_BC_JITERL,
    LJ_BC_LOOP,
    LJ_BC_ILOOP,
    LJ_BC_JLOOP,
    LJ_BC_JMP,
    /**
     * From here versions differ: the function headers follow (which stand at pc 0 only), or, since
     * 2025, the bit operators BNOT BAND BOR BXOR BSHL BSHR BSAR and then the headers.
     */
    LJ_BC_BNOT,
    LJ_BC_BAND,
    LJ_BC_BSAR = LJ_BC_BAND + 5,
};

static inline uint32_t lj_bc_op(uint32_t ins)
{
    return ins & 0xff;
}

static inline uint32_t lj_bc_a(uint32_t ins)
{
    return (ins >> 8) & 0xff;
}

static inline uint32_t lj_bc_b(uint32_t ins)
{
    return ins >> 24;
}

static inline uint32_t lj_bc_c(uint32_t ins)
{
    return (ins >> 16) & 0xff;
}

static inline uint32_t lj_bc_d(uint32_t ins)
{
    return ins >> 16;
}

/** Where the jump of the instruction at `pc` leads. */
static inline uint32_t lj_bc_target(uint32_t pc, uint32_t ins)
{
    return pc + 1 + lj_bc_d(ins) - 0x8000;
}

/** Slots from..to-1. */
struct ffisan_slot_range {
    uint16_t from, to;
};

#define FFISAN_OP_READS 3

/** What one instruction does to the slots of its frame. */
struct ffisan_op_effect {
    struct ffisan_slot_range reads[FFISAN_OP_READS]; /**< before it has done anything else */
    struct ffisan_slot_range writes; /**< on the way to next[0], and to next[1] unless ... */
    struct ffisan_slot_range busy;   /**< hold its own business (a callee) while it runs */
    uint32_t next[2];                /**< bytecodes that may follow */
    uint8_t n_next;
    bool writes_on_first_way_only;
};

/**
 * Says what the instruction at `pc` (1 or more) does.  `vm` may be NULL; with it, an instruction
 * that the JIT compiler has replaced is looked up in its trace, without it the worst is assumed.
 * Returns false for an unknown instruction, or one that leads out of the function.
 */
bool ffisan_op_effect(const struct ffisan_vm *vm, const struct lj_proto *proto, uint32_t pc,
                      struct ffisan_op_effect *ret_effect);

/** Number of local variables in scope at `pc`: they lie in slots 0 to n-1. */
uint32_t ffisan_scope_slots(const struct lj_proto *proto, uint32_t pc);

#endif
