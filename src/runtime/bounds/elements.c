/* SPDX-License-Identifier: MIT */
#include "runtime/bounds/elements.h"

#include "runtime/bounds/fields.h"
#include "runtime/bounds/gone.h"
#include "runtime/bounds/keep.h"
#include "runtime/state.h"
#include "runtime/vm/ctype_table.h"

#include <string.h>

struct array {
    uintptr_t base;
    uint32_t element_size;
    bool is_of_scalars; /* else array[i] is a reference: nothing is read */
    bool is_own;        /* it is the object itself */
    bool is_complex;    /* only the lowest bit of the index counts */
};

/* What the object is when it is indexed: an array, or a pointer or reference to one. */
static bool find_array(const struct ffisan_builtin_call *call, const struct lj_cdata *cdata,
                       struct array *ret_array)
{
    struct ffisan_ctable table;
    if (!ffisan_ctable_init(&table, &call->state->vm))
        return false;
    const struct lj_ctype *type = ffisan_ctable_raw(&table, cdata->ctypeid);
    ret_array->base = (uintptr_t)cdata->payload;
    ret_array->is_own = type && type->info >> 28 == LJ_CT_ARRAY;
    if (type && type->info >> 28 == LJ_CT_PTR) {
        memcpy(&ret_array->base, cdata->payload, sizeof(ret_array->base));
        if (type->info & LJ_CTF_REF) {
            type = ffisan_ctable_raw(&table, type->info & 0xffff);
            if (type && type->info >> 28 != LJ_CT_ARRAY)
                return false;
        }
    } else if (!type || type->info >> 28 != LJ_CT_ARRAY) {
        return false;
    }
    ret_array->is_complex = type && type->info >> 28 == LJ_CT_ARRAY && type->info & LJ_CTF_COMPLEX;
    const struct lj_ctype *element = type ? ffisan_ctable_raw(&table, type->info & 0xffff) : NULL;
    uint32_t kind = element ? element->info >> 28 : LJ_CT_VOID;
    ret_array->is_of_scalars = kind == LJ_CT_NUM || kind == LJ_CT_PTR || kind == LJ_CT_ENUM;
    ret_array->element_size = type ? ffisan_ctable_size(&table, type->info & 0xffff) : 0;
    return ret_array->element_size > 0 && ret_array->element_size != LJ_CTSIZE_INVALID;
}

/* A cdata that is an integer. */
static bool find_index_in_cdata(const struct ffisan_vm *vm, const struct lj_cdata *cdata,
                                int64_t *ret_index)
{
    struct ffisan_ctable table;
    const struct lj_ctype *type =
        ffisan_ctable_init(&table, vm) ? ffisan_ctable_raw(&table, cdata->ctypeid) : NULL;
    if (!type || lj_ct_kind(type) != LJ_CT_NUM || type->info & (LJ_CTF_FP | LJ_CTF_BOOL) ||
        type->size != sizeof(*ret_index))
        return false;
    memcpy(ret_index, cdata->payload, sizeof(*ret_index));
    return *ret_index > INT32_MIN && *ret_index < INT32_MAX;
}

static bool find_index(const struct ffisan_vm *vm, uint64_t key, int64_t *ret_index)
{
    double number;
    if (lj_tv_type(key) == LJ_GCT_CDATA)
        return find_index_in_cdata(vm, (const struct lj_cdata *)lj_tv_object(key), ret_index);
    memcpy(&number, &key, sizeof(number));
    if (lj_tv_type(key) < LJ_IT_NUMX)
        return false;
    *ret_index = lj_tv_type(key) == LJ_IT_NUMX ? (int32_t)key : (int64_t)number;
    return number == number && *ret_index > INT32_MIN && *ret_index < INT32_MAX;
}

/*
 * Whoever takes words before the text of a string looks for its length or its hash, and knows what
 * is there: an index that is wrong by one is one of bytes.
 */
static bool is_header_word(const struct ffisan_extent *extent, const struct array *array,
                           uintptr_t address)
{
    return !extent->is_c && array->element_size >= sizeof(uint32_t) &&
           (extent->ref.slot->type & FFISAN_SLOT_TYPE_MASK) == LJ_GCT_STR &&
           address >= extent->start - sizeof(struct lj_str) &&
           address + array->element_size <= extent->start;
}

static void check_element(const struct ffisan_builtin_call *call, enum ffisan_access access)
{
    uint64_t object = ffisan_builtin_value(call, 0);
    struct array array;
    struct ffisan_extent extent;
    int64_t index;
    if (!find_index(&call->state->vm, ffisan_builtin_value(call, 1), &index) ||
        lj_tv_type(object) != LJ_GCT_CDATA ||
        !find_array(call, (const struct lj_cdata *)lj_tv_object(object), &array) ||
        (access == FFISAN_ACCESS_READ && !array.is_of_scalars))
        return;
    if (array.is_complex)
        index &= 1;
    if (call->state->pending.ref.block)
        ffisan_state_classify_pending(call->state);
    uintptr_t address = array.base + (uintptr_t)(index * (int64_t)array.element_size);
    if (!ffisan_extent_find(call->state, array.base, &extent)) {
        ffisan_gone_check(call->state, address, array.element_size, access, NULL);
        return;
    }
    if (array.base > extent.end)
        return;
    if (access == FFISAN_ACCESS_WRITE) {
        ffisan_keep_string(call, &extent);
        ffisan_extent_note_writer(call, &extent);
    }
    if (access == FFISAN_ACCESS_READ && is_header_word(&extent, &array, address))
        return;
    struct ffisan_overrun overrun = {.address = address,
                                     .size = array.element_size,
                                     .end = extent.end,
                                     .access = access,
                                     .is_element = true,
                                     .is_own_array = array.is_own,
                                     .index = index};
    if (!ffisan_extent_allows(call->state, &extent, &overrun))
        ffisan_extent_report(call->state, &extent, &overrun);
}

static void check(const struct ffisan_builtin_call *call, enum ffisan_access access)
{
    if (lj_tv_type(ffisan_builtin_value(call, 1)) == LJ_GCT_STR)
        ffisan_fields_check(call, access);
    else
        check_element(call, access);
}

static void before_index(const struct ffisan_builtin_call *call)
{
    check(call, FFISAN_ACCESS_READ);
}

static void before_newindex(const struct ffisan_builtin_call *call)
{
    check(call, FFISAN_ACCESS_WRITE);
}

static void after_newindex(const struct ffisan_builtin_call *call)
{
    if (call->kept->n_blocks > 0)
        ffisan_keep_compare(call, NULL);
}

void ffisan_elements_watch(void)
{
    ffisan_builtins_watch_samples(FFISAN_BUILTIN_CDATA_INDEX, before_index, NULL);
    ffisan_builtins_watch_samples(FFISAN_BUILTIN_CDATA_NEWINDEX, before_newindex, after_newindex);
}
