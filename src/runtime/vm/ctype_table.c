/* SPDX-License-Identifier: MIT */
#include "runtime/vm/ctype_table.h"

#define MAX_CHAIN 32 /* of attributes, typedefs and array dimensions */
#define MAX_TYPES 65536

bool ffisan_ctable_init(struct ffisan_ctable *table, const struct ffisan_vm *vm)
{
    struct lj_ctype_state state = {0};
    uintptr_t address = ffisan_vm_word(vm, vm->layout.ctype_state);
    if (address != 0)
        memcpy(&state, (const void *)address, sizeof(state));
    bool is_valid = state.tab != 0 && state.top <= state.sizetab && state.top <= MAX_TYPES;
    table->types = (const struct lj_ctype *)(uintptr_t)state.tab;
    table->n_types = is_valid ? state.top : 0;
    return is_valid;
}

const struct lj_ctype *ffisan_ctable_raw(const struct ffisan_ctable *table, uint32_t id)
{
    for (unsigned i = 0; i < MAX_CHAIN; i++) {
        const struct lj_ctype *type = ffisan_ctable_get(table, id);
        if (type == NULL || (lj_ct_kind(type) != LJ_CT_ATTRIB && lj_ct_kind(type) != LJ_CT_TYPEDEF))
            return type;
        id = lj_ct_child(type);
    }
    return NULL;
}

uint32_t ffisan_ctable_size(const struct ffisan_ctable *table, uint32_t id)
{
    const struct lj_ctype *type = ffisan_ctable_raw(table, id);
    return type != NULL && lj_ct_kind(type) <= LJ_CT_ENUM ? type->size : LJ_CTSIZE_INVALID;
}

bool ffisan_ctable_is_bytes(const struct ffisan_ctable *table, uint32_t id)
{
    for (unsigned i = 0; i < MAX_CHAIN; i++) {
        const struct lj_ctype *type = ffisan_ctable_raw(table, id);
        if (type == NULL)
            return false;
        if (lj_ct_kind(type) != LJ_CT_ARRAY)
            return lj_ct_kind(type) == LJ_CT_NUM && type->size == 1 && !(type->info & LJ_CTF_BOOL);
        id = lj_ct_child(type);
    }
    return false;
}

static bool bitfield_bytes(const struct lj_ctype *entry, struct ffisan_member *ret_member)
{
    uint32_t first_bit = entry->info & 0x7f;
    uint32_t n_bits = (entry->info >> 8) & 0x7f;
    ret_member->id = 0;
    ret_member->offset += first_bit / 8;
    ret_member->size = (first_bit % 8 + n_bits + 7) / 8;
    return n_bits != 0 && ret_member->name != NULL;
}

bool ffisan_ctable_member(const struct ffisan_ctable *table, const struct lj_ctype *entry,
                          struct ffisan_member *ret_member)
{
    uint32_t kind = lj_ct_kind(entry);
    ret_member->offset = entry->size;
    ret_member->name = lj_ct_name(entry);
    if (kind == LJ_CT_BITFIELD)
        return bitfield_bytes(entry, ret_member);
    if (kind != LJ_CT_FIELD && (kind != LJ_CT_ATTRIB || lj_ct_attribute(entry) != LJ_CTA_SUBTYPE))
        return false;
    ret_member->id = lj_ct_child(entry);
    const struct lj_ctype *type = ffisan_ctable_raw(table, ret_member->id);
    if (type == NULL || lj_ct_kind(type) > LJ_CT_ENUM)
        return false;
    bool is_flexible = lj_ct_kind(type) == LJ_CT_ARRAY && type->size == LJ_CTSIZE_INVALID;
    ret_member->size = is_flexible ? SIZE_MAX : type->size;
    if (kind == LJ_CT_ATTRIB) /* an anonymous enum has the entry of a struct, but no storage */
        ret_member->name = NULL;
    return kind == LJ_CT_FIELD || lj_ct_kind(type) == LJ_CT_STRUCT;
}
