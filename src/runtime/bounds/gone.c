/* SPDX-License-Identifier: MIT */
#include "runtime/bounds/gone.h"

#include "runtime/cmem/creport.h"
#include "runtime/ffi/builtins.h"
#include "runtime/state.h"
#include "runtime/vm/ctype_table.h"

#include <string.h>

void ffisan_gone_check(struct ffisan_state *state, uintptr_t address, size_t size,
                       enum ffisan_access access, const char *function)
{
    struct ffisan_slot_ref ref;
    if (!ffisan_cheap_find(address, &ref) || ffisan_slot_state(&ref) != FFISAN_SLOT_DEAD ||
        ffisan_cheap_is_paged(&ref))
        return;
    struct ffisan_cnote *note = ffisan_cheap_note(&ref);
    if (!note || note->is_reported || address - ref.block >= ffisan_slot_size(&ref))
        return;
    struct ffisan_cevent event = {.kind = FFISAN_KIND_USE_AFTER_FREE,
                                  .access = access,
                                  .function = function,
                                  .address = address,
                                  .size = size,
                                  .ref = &ref};
    ffisan_creport(state, &event);
    note->is_reported = 1;
}

/* The struct that a pointer or reference leads to. */
static const struct lj_ctype *pointee(const struct ffisan_ctable *table,
                                      const struct lj_cdata *cdata)
{
    const struct lj_ctype *type = ffisan_ctable_raw(table, cdata->ctypeid);
    if (!type || lj_ct_kind(type) != LJ_CT_PTR)
        return NULL;
    type = ffisan_ctable_raw(table, lj_ct_child(type));
    return type && lj_ct_kind(type) == LJ_CT_STRUCT ? type : NULL;
}

/* A member that is read or written as a value; structs and arrays are only referred to. */
static bool is_value(const struct ffisan_ctable *table, const struct ffisan_member *member)
{
    const struct lj_ctype *type = ffisan_ctable_raw(table, member->id);
    uint32_t kind = type ? lj_ct_kind(type) : LJ_CT_NUM; /* a bit-field has no type */
    return kind == LJ_CT_NUM || kind == LJ_CT_PTR || kind == LJ_CT_ENUM;
}

void ffisan_gone_check_field(const struct ffisan_builtin_call *call, enum ffisan_access access)
{
    enum { MOST_MEMBERS = 256 };
    uint64_t object = ffisan_builtin_value(call, 0), key = ffisan_builtin_value(call, 1);
    const struct lj_str *name = (const struct lj_str *)lj_tv_object(key);
    const struct lj_cdata *cdata = (const struct lj_cdata *)lj_tv_object(object);
    struct ffisan_ctable table;
    struct ffisan_member member;
    uintptr_t address;
    if (lj_tv_type(object) != LJ_GCT_CDATA || lj_tv_type(key) != LJ_GCT_STR ||
        !ffisan_ctable_init(&table, &call->state->vm))
        return;
    const struct lj_ctype *entry = pointee(&table, cdata);
    if (!entry)
        return;
    memcpy(&address, cdata->payload, sizeof(address));
    if (!ffisan_region_find(address))
        return;
    for (unsigned n = 0; n < MOST_MEMBERS && (entry = ffisan_ctable_get(&table, entry->sib)); n++)
        if (lj_ct_name(entry) == name) {
            if (ffisan_ctable_member(&table, entry, &member) && is_value(&table, &member))
                ffisan_gone_check(call->state, address + member.offset, member.size, access, NULL);
            return;
        }
}
