/* SPDX-License-Identifier: MIT */
#include "runtime/vm/funcname.h"

#include "runtime/vm/liveness_ops.h"
#include "runtime/vm/proto.h"

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
    uint32_t op = lj_bc_op(ins);
    if (op == LJ_BC_KNIL)
        return slot >= lj_bc_a(ins) && slot <= lj_bc_d(ins);
    return op >= LJ_BC_CALLM && op <= LJ_BC_ITERN && slot >= lj_bc_a(ins);
}

static bool writes_a(uint32_t op)
{
    return (op >= LJ_BC_MOV && op <= LJ_BC_KPRI) || op == LJ_BC_UGET ||
           (op >= LJ_BC_FNEW && op <= LJ_BC_GGET) || (op >= LJ_BC_TGETV && op <= LJ_BC_TGETR);
}

/* A name, and for a field the slot that it was taken from (at bytecode `pc`). */
struct name {
    const char *name;
    uint32_t table_slot, pc; /* UINT32_MAX = no field */
};

static struct name plain(const char *name)
{
    return (struct name){name && name[0] != '(' ? name : NULL, UINT32_MAX, 0};
}

/* Where does the value in `slot` come from? (lj_debug_slotname) */
static struct name slot_name(const struct lj_proto *proto, uint32_t pc, uint32_t slot)
{
    const char *local = ffisan_proto_local(proto, pc, slot);
    if (local)
        return plain(local);
    while (--pc > 0) {
        uint32_t ins = proto->bc[pc], op = lj_bc_op(ins);
        if (overwrites_from(ins, slot))
            break;
        if (!writes_a(op) || lj_bc_a(ins) != slot)
            continue;
        if (op == LJ_BC_MOV) {
            slot = lj_bc_d(ins);
            local = ffisan_proto_local(proto, pc, slot);
            if (local)
                return plain(local);
            continue;
        }
        if (op == LJ_BC_GGET)
            return plain(constant_string(proto, lj_bc_d(ins)));
        if (op == LJ_BC_UGET)
            return plain(ffisan_proto_upvalue(proto, lj_bc_d(ins)));
        if (op == LJ_BC_TGETS)
            return (struct name){constant_string(proto, lj_bc_c(ins)), lj_bc_b(ins), pc};
        break;
    }
    return plain(NULL);
}

static struct name called(const struct lj_proto *caller, uintptr_t pc)
{
    uint32_t index = ffisan_proto_pc(caller, pc);
    if (index == UINT32_MAX || index == 0)
        return plain(NULL);
    uint32_t ins = caller->bc[index], op = lj_bc_op(ins);
    if (op < LJ_BC_CALLM || op > LJ_BC_CALLT)
        return plain(NULL);
    return slot_name(caller, index, lj_bc_a(ins));
}

const char *ffisan_funcname(const struct lj_proto *caller, uintptr_t pc)
{
    return called(caller, pc).name;
}

bool ffisan_funcname_add(const struct lj_proto *caller, uintptr_t pc, struct ffisan_text *out)
{
    struct name name = called(caller, pc);
    if (!name.name)
        return false;
    const char *table = NULL;
    if (name.table_slot != UINT32_MAX)
        table = slot_name(caller, name.pc, name.table_slot).name;
    if (table) {
        ffisan_text_add(out, table);
        ffisan_text_add_char(out, '.');
    }
    ffisan_text_add(out, name.name);
    return true;
}
