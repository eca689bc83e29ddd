/* SPDX-License-Identifier: MIT */
#include "runtime/bounds/fields.h"

#include "runtime/bounds/gone.h"
#include "runtime/bounds/keep.h"
#include "runtime/cmem/cheap.h"
#include "runtime/state.h"
#include "runtime/vm/ctype_table.h"

#include <string.h>

#define MAX_DEPTH 8     /* anonymous structs in each other */
#define MAX_FIELDS 1024 /* that are looked at */

struct lookup {
    const struct ffisan_ctable *table;
    const struct lj_str *name;
    unsigned n_looked_at;
};

/* The member with that name, also in anonymous ones; its offset is in the outermost struct. */
static bool find_member(struct lookup *lookup, const struct lj_ctype *type, size_t offset,
                        unsigned depth, struct ffisan_member *ret_member)
{
    const struct lj_ctype *entry = ffisan_ctable_get(lookup->table, type->sib);
    for (; entry && lookup->n_looked_at < MAX_FIELDS;
         entry = ffisan_ctable_get(lookup->table, entry->sib)) {
        lookup->n_looked_at++;
        if (!ffisan_ctable_member(lookup->table, entry, ret_member))
            continue;
        ret_member->offset += offset;
        if (ret_member->name == lookup->name)
            return true;
        const struct lj_ctype *inner =
            ret_member->name ? NULL : ffisan_ctable_raw(lookup->table, ret_member->id);
        if (inner && lj_ct_kind(inner) == LJ_CT_STRUCT && depth < MAX_DEPTH &&
            find_member(lookup, inner, ret_member->offset, depth + 1, ret_member))
            return true;
    }
    return false;
}

/* The struct that a pointer or reference leads to, or NULL. */
static const struct lj_ctype *struct_behind(const struct ffisan_ctable *table,
                                            const struct lj_ctype *pointer)
{
    const struct lj_ctype *type = ffisan_ctable_raw(table, lj_ct_child(pointer));
    return type && lj_ct_kind(type) == LJ_CT_STRUCT ? type : NULL;
}

/* What the object, a pointer or reference, leads to, if that is a struct. */
static const struct lj_ctype *find_struct(const struct ffisan_ctable *table,
                                          const struct lj_cdata *cdata, bool *ret_is_reference,
                                          uintptr_t *ret_address)
{
    const struct lj_ctype *type = ffisan_ctable_raw(table, cdata->ctypeid);
    if (!type || lj_ct_kind(type) != LJ_CT_PTR)
        return NULL;
    memcpy(ret_address, cdata->payload, sizeof(*ret_address));
    *ret_is_reference = type->info & LJ_CTF_REF;
    return struct_behind(table, type);
}

/* Bytes that are accessed; 0 for a field that is a struct or an array: that gives a reference. */
static size_t size_of_access(const struct ffisan_ctable *table, const struct ffisan_member *member,
                             enum ffisan_access access)
{
    const struct lj_ctype *type = member->id ? ffisan_ctable_raw(table, member->id) : NULL;
    uint32_t kind = type ? lj_ct_kind(type) : LJ_CT_NUM;
    bool is_scalar = kind == LJ_CT_NUM || kind == LJ_CT_PTR || kind == LJ_CT_ENUM;
    if (member->size == SIZE_MAX || (access == FFISAN_ACCESS_READ && !is_scalar))
        return 0;
    return member->size;
}

/* A pointer between two blocks: which one is it of? */
static bool is_nearer_to_end(const struct ffisan_extent *extent, uintptr_t address)
{
    uintptr_t next = extent->ref.block + ffisan_slot_extent(&extent->ref);
    return address - extent->end < next - address;
}

/* array[-1].field: the element begins before the array, in what the VM has there. */
static bool check_header(struct ffisan_state *state, uintptr_t address, size_t size,
                         enum ffisan_access access)
{
    struct ffisan_extent extent;
    if (!ffisan_extent_find_header(state, address, &extent))
        return false;
    struct ffisan_overrun overrun = {
        .address = address, .size = size, .end = extent.end, .access = access, .is_before = true};
    ffisan_extent_report(state, &extent, &overrun);
    return true;
}

static void check(const struct ffisan_builtin_call *call, uintptr_t base, uintptr_t address,
                  size_t size, enum ffisan_access access)
{
    struct ffisan_state *state = call->state;
    struct ffisan_extent extent;
    if (!ffisan_extent_find(state, base, &extent)) {
        ffisan_gone_check(state, address, size, access, NULL);
        return;
    }
    if (access == FFISAN_ACCESS_WRITE) {
        ffisan_keep_string(call, &extent);
        ffisan_extent_note_writer(call, &extent);
    }
    struct ffisan_overrun overrun = {
        .address = address, .size = size, .end = extent.end, .access = access};
    bool is_near = base < extent.end || is_nearer_to_end(&extent, base);
    if (is_near && !ffisan_extent_allows(state, &extent, &overrun))
        ffisan_extent_report(state, &extent, &overrun);
}

void ffisan_fields_check(const struct ffisan_builtin_call *call, enum ffisan_access access)
{
    uint64_t object = ffisan_builtin_value(call, 0), key = ffisan_builtin_value(call, 1);
    struct ffisan_ctable table;
    struct ffisan_member member;
    uintptr_t base;
    bool is_reference;
    if (lj_tv_type(object) != LJ_GCT_CDATA || !ffisan_ctable_init(&table, &call->state->vm))
        return;
    const struct lj_ctype *type =
        find_struct(&table, (const struct lj_cdata *)lj_tv_object(object), &is_reference, &base);
    struct lookup lookup = {.table = &table, .name = (const struct lj_str *)lj_tv_object(key)};
    if (!type || !ffisan_cheap_may_have(base) || !find_member(&lookup, type, 0, 0, &member))
        return;
    size_t size = size_of_access(&table, &member, access);
    if (size == 0)
        return;
    ffisan_state_classify_pending(call->state);
    if (is_reference && check_header(call->state, base + member.offset, size, access))
        return;
    check(call, base, base + member.offset, size, access);
}

size_t ffisan_fields_offset(const struct ffisan_builtin_call *call, uint32_t *ret_size)
{
    uint64_t object = ffisan_builtin_value(call, 0), key = ffisan_builtin_value(call, 1);
    struct ffisan_ctable table;
    struct ffisan_member member;
    *ret_size = 0;
    if (lj_tv_type(object) != LJ_GCT_CDATA || lj_tv_type(key) != LJ_GCT_STR ||
        !ffisan_ctable_init(&table, &call->state->vm))
        return 0;
    const struct lj_cdata *cdata = (const struct lj_cdata *)lj_tv_object(object);
    const struct lj_ctype *type = ffisan_ctable_raw(&table, cdata->ctypeid);
    if (type && lj_ct_kind(type) == LJ_CT_PTR)
        type = struct_behind(&table, type);
    struct lookup lookup = {.table = &table, .name = (const struct lj_str *)lj_tv_object(key)};
    if (!type || lj_ct_kind(type) != LJ_CT_STRUCT || type->size == LJ_CTSIZE_INVALID ||
        !find_member(&lookup, type, 0, 0, &member))
        return 0;
    *ret_size = type->size;
    return member.offset;
}
