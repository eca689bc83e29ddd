/* SPDX-License-Identifier: MIT */
#include "runtime/vm/funcname.h"

#include "runtime/vm/liveness_ops.h"
#include "runtime/vm/proto.h"

static uint32_t op_of(uint32_t ins)
{
    return ins & 0xff;
}
static uint32_t a_of(uint32_t ins)
{
    return (ins >> 8) & 0xff;
}
static uint32_t c_of(uint32_t ins)
{
    return (ins >> 16) & 0xff;
}
static uint32_t d_of(uint32_t ins)
{
    return ins >> 16;
}

static const char *constant_string(const struct lj_proto *proto, uint32_t index)
{
    if (index >= proto->sizekgc)
        return NULL;
    const uint64_t *constants = (const uint64_t *)proto->k;
    const struct lj_str *string = (const struct lj_str *)constants[-1 - (int64_t)index];
    return string->gct == LJ_GCT_STR ? string->data : NULL;
}

/* Instructions that write A and maybe all slots above it. */
static bool overwrites_from(uint32_t ins, uint32_t slot)
{
    uint32_t op = op_of(ins);
    if (op == LJ_BC_KNIL)
        return slot >= a_of(ins) && slot <= d_of(ins);
    return op >= LJ_BC_CALLM && op <= LJ_BC_ITERN && slot >= a_of(ins);
}

static bool writes_a(uint32_t op)
{
    return (op >= LJ_BC_MOV && op <= LJ_BC_KPRI) || op == LJ_BC_UGET ||
           (op >= LJ_BC_FNEW && op <= LJ_BC_GGET) || (op >= LJ_BC_TGETV && op <= LJ_BC_TGETR);
}

/* Where does the value in `slot` come from? (lj_debug_slotname) */
static const char *slot_name(const struct lj_proto *proto, uint32_t pc, uint32_t slot)
{
    const char *local = ffisan_proto_local(proto, pc, slot);
    if (local)
        return local[0] == '(' ? NULL : local;
    while (--pc > 0) {
        uint32_t ins = proto->bc[pc], op = op_of(ins);
        if (overwrites_from(ins, slot))
            return NULL;
        if (!writes_a(op) || a_of(ins) != slot)
            continue;
        switch (op) {
        case LJ_BC_MOV:
            slot = d_of(ins);
            local = ffisan_proto_local(proto, pc, slot);
            if (local)
                return local[0] == '(' ? NULL : local;
            break;
        case LJ_BC_GGET:
            return constant_string(proto, d_of(ins));
        case LJ_BC_TGETS:
            return constant_string(proto, c_of(ins));
        case LJ_BC_UGET:
            return ffisan_proto_upvalue(proto, d_of(ins));
        default:
            return NULL;
        }
    }
    return NULL;
}

const char *ffisan_funcname(const struct lj_proto *caller, uintptr_t pc)
{
    uint32_t index = ffisan_proto_pc(caller, pc);
    if (index == UINT32_MAX || index == 0)
        return NULL;
    uint32_t ins = caller->bc[index], op = op_of(ins);
    if (op < LJ_BC_CALLM || op > LJ_BC_CALLT)
        return NULL;
    return slot_name(caller, index, a_of(ins));
}
