/* SPDX-License-Identifier: MIT */
/*
 * A buffer that is filled anew is told from one that is added to.  What Lua code copies or fills in
 * is known to be new.  Of what a C function writes it is not known, so texts must not begin alike
 * (a log that grows), and one number that went up or down by one is a counter.
 */
#include "runtime/cmem/cheap.h"
#include "runtime/fault/guard.h"
#include "runtime/ffi/moments_books.h"
#include "runtime/state.h"
#include "runtime/vm/ctype_table.h"

#include <string.h>

#define MOST_ELEMENT_BYTES 64u

/* What a cdata is, or leads to. */
struct target {
    uint32_t element; /* type id */
    uint32_t element_size;
    size_t size;
    bool is_array; /* or a pointer: elements are indexed */
};

static bool find_target(const struct ffisan_ctable *table, const struct ffisan_act_given *given,
                        struct target *ret_target)
{
    const struct lj_cdata *cdata = (const struct lj_cdata *)given->payload - 1;
    const struct lj_ctype *type = ffisan_ctable_raw(table, given->ctypeid);
    uint32_t kind = type ? lj_ct_kind(type) : LJ_CT_VOID;
    ret_target->is_array = kind == LJ_CT_ARRAY || kind == LJ_CT_PTR;
    ret_target->element = ret_target->is_array ? lj_ct_child(type) : given->ctypeid;
    if (!ret_target->is_array && kind != LJ_CT_STRUCT)
        return false;
    ret_target->element_size = ffisan_ctable_size(table, ret_target->element);
    if (cdata->marked & LJ_CDATA_VAR)
        ret_target->size = ((const struct lj_cdata_var *)cdata)[-1].len;
    else
        ret_target->size = kind == LJ_CT_ARRAY ? ffisan_ctable_size(table, given->ctypeid)
                                               : ret_target->element_size;
    return ret_target->size > 0 && ret_target->size < LJ_CTSIZE_INVALID &&
           ret_target->element_size > 0 && ret_target->element_size != LJ_CTSIZE_INVALID;
}

static bool is_scalar(const struct ffisan_ctable *table, uint32_t id)
{
    const struct lj_ctype *type = ffisan_ctable_raw(table, id);
    uint32_t kind = type ? lj_ct_kind(type) : LJ_CT_VOID;
    return kind == LJ_CT_NUM || kind == LJ_CT_PTR || kind == LJ_CT_ENUM;
}

/* A number among the arguments; false when there is none. */
static bool find_number(const struct ffisan_builtin_call *call, size_t position, size_t *ret_number)
{
    uint64_t value = ffisan_builtin_value(call, position);
    double number = (int32_t)value;
    if (lj_tv_type(value) < LJ_IT_NUMX)
        return false;
    if (lj_tv_type(value) > LJ_IT_NUMX)
        memcpy(&number, &value, sizeof(number));
    if (!(number >= 0 && number < UINT32_MAX))
        return false;
    *ret_number = (size_t)number;
    return true;
}

/* Bytes that ffi.copy and ffi.fill write. */
static bool find_length(const struct ffisan_builtin_call *call, size_t *ret_size)
{
    uint64_t from = ffisan_builtin_value(call, 1);
    if (call->builtin == FFISAN_BUILTIN_FILL)
        return find_number(call, 1, ret_size);
    if (find_number(call, 2, ret_size))
        return true;
    *ret_size = lj_tv_type(from) == LJ_GCT_STR
                    ? (size_t)((const struct lj_str *)lj_tv_object(from))->len + 1
                    : 0;
    return lj_tv_type(from) == LJ_GCT_STR && lj_tv_type(ffisan_builtin_value(call, 2)) == LJ_IT_NIL;
}

bool ffisan_moment_take(const struct ffisan_builtin_call *call, const struct ffisan_act *act,
                        const struct ffisan_act_given *given, struct ffisan_overwriting *seen)
{
    struct ffisan_ctable table;
    struct target target;
    enum ffisan_content_form form = FFISAN_CONTENT_RECORD;
    size_t size = 0;
    if (!ffisan_ctable_init(&table, &call->state->vm))
        return false;
    if (call->builtin == FFISAN_BUILTIN_COPY || call->builtin == FFISAN_BUILTIN_FILL) {
        if (!find_length(call, &size) || size == 0)
            return false;
    } else if (!find_target(&table, given, &target)) {
        return false;
    } else if (call->builtin == FFISAN_BUILTIN_CDATA_NEWINDEX) {
        size = target.size;
    } else if (target.is_array && ffisan_ctable_is_bytes(&table, target.element)) {
        form = FFISAN_CONTENT_TEXT;
    } else if (target.is_array && is_scalar(&table, target.element) && target.element_size > 1) {
        size = target.size < MOST_ELEMENT_BYTES ? target.size : MOST_ELEMENT_BYTES;
    } else {
        return false;
    }
    seen->at = ffisan_act_address(&call->state->vm, given);
    seen->builtin = call->builtin;
    seen->callee = act->callee;
    return ffisan_content_take(&seen->before, seen->at, form,
                               size < UINT32_MAX ? (uint32_t)size : UINT32_MAX);
}

/* ---- Comparing ------------------------------------------------------------------------------- */

static uint8_t byte_of(const struct ffisan_content *content, uint32_t i)
{
    return i < content->size ? content->bytes[i] : 0;
}

/* The bytes that differ; of a text only those that are its own, with the NUL. */
static bool find_change(struct ffisan_overwriting *seen)
{
    uint32_t nul = seen->after.form == FFISAN_CONTENT_TEXT;
    uint32_t end = seen->after.size + nul, i = 0;
    while (i < end && byte_of(&seen->before, i) == byte_of(&seen->after, i))
        i++;
    seen->first = i;
    while (end > i && byte_of(&seen->before, end - 1) == byte_of(&seen->after, end - 1))
        end--;
    seen->end = end;
    return seen->first < seen->end;
}

/* One element that is a number went up or down by one. */
static bool is_step(const struct ffisan_overwriting *seen, uint32_t element_size)
{
    uint64_t before = 0, after = 0;
    uint32_t start = seen->first / element_size * element_size;
    if (element_size > sizeof(before) || seen->end > start + element_size)
        return false;
    memcpy(&before, seen->before.bytes + start, element_size);
    memcpy(&after, seen->after.bytes + start, element_size);
    uint64_t mask = element_size == 8 ? UINT64_MAX : (UINT64_C(1) << 8 * element_size) - 1;
    return ((before - after) & mask) == 1 || ((after - before) & mask) == 1;
}

static bool is_replaced(const struct ffisan_builtin_call *call,
                        const struct ffisan_act_given *given, const struct ffisan_overwriting *seen)
{
    struct ffisan_ctable table;
    struct target target;
    if (call->builtin != FFISAN_BUILTIN_CDATA_CALL)
        return true;
    if (seen->after.form == FFISAN_CONTENT_TEXT)
        return ffisan_content_is_text(&seen->before) && ffisan_content_is_text(&seen->after) &&
               !ffisan_content_has_grown(&seen->before, &seen->after);
    return ffisan_ctable_init(&table, &call->state->vm) && find_target(&table, given, &target) &&
           !is_step(seen, target.element_size);
}

bool ffisan_moment_compare(const struct ffisan_builtin_call *call,
                           const struct ffisan_act_given *given, struct ffisan_overwriting *seen)
{
    return ffisan_content_take(&seen->after, seen->at, seen->before.form, seen->before.size) &&
           find_change(seen) && (!given || is_replaced(call, given, seen));
}

bool ffisan_moment_is_there(const struct ffisan_overwriting *overwriting, size_t from, size_t size)
{
    uint8_t now[FFISAN_CONTENT_BYTES];
    uint32_t first = overwriting->first, n = overwriting->end - first;
    if (from >= overwriting->end || (from < first && size <= first - from) || n > sizeof(now) ||
        !ffisan_guard_copy(now, (const void *)(overwriting->at + first), n))
        return false;
    for (uint32_t i = 0; i < n; i++)
        if (now[i] != byte_of(&overwriting->after, first + i))
            return false;
    return true;
}

/* A text, where it is not known how far the memory goes: with the NUL. */
void ffisan_moment_take_filling(struct ffisan_state *state, struct ffisan_shared_buffer *shared)
{
    struct ffisan_slot_ref ref;
    struct ffisan_content *filled = &shared->filled;
    uintptr_t at = shared->at;
    bool is_taken;
    if (ffisan_heap_find(&state->heap, at, &ref) || ffisan_cheap_find_live(at, &ref)) {
        size_t size = ref.block + ffisan_slot_size(&ref) - at;
        is_taken = ffisan_content_take(filled, at, FFISAN_CONTENT_RECORD,
                                       size < UINT32_MAX ? (uint32_t)size : UINT32_MAX);
    } else {
        is_taken = ffisan_content_take(filled, at, FFISAN_CONTENT_TEXT, 0);
        filled->size += is_taken && filled->size < FFISAN_CONTENT_BYTES;
    }
    if (!is_taken)
        filled->size = 0;
}

bool ffisan_moment_is_filling(const struct ffisan_shared_buffer *shared,
                              const struct ffisan_content *content)
{
    uint32_t size = content->size < shared->filled.size ? content->size : shared->filled.size;
    return size > 0 && memcmp(shared->filled.bytes, content->bytes, size) == 0 &&
           (content->form != FFISAN_CONTENT_TEXT || content->size >= shared->filled.size ||
            shared->filled.bytes[content->size] == 0);
}

/* ---- Reading --------------------------------------------------------------------------------- */

static bool find_element(const struct ffisan_builtin_call *call, const struct ffisan_ctable *table,
                         const struct target *target, struct ffisan_moment_part *ret_part)
{
    size_t index;
    if (!target->is_array || !find_number(call, 1, &index) || !is_scalar(table, target->element))
        return false;
    ret_part->from = index * target->element_size;
    ret_part->size = target->element_size;
    return true;
}

static bool find_member(const struct ffisan_builtin_call *call, const struct ffisan_ctable *table,
                        const struct target *target, struct ffisan_moment_part *ret_part)
{
    enum { MOST = 256 };
    struct ffisan_member member;
    uint64_t key = ffisan_builtin_value(call, 1);
    const struct lj_ctype *type = ffisan_ctable_raw(table, target->element);
    if (lj_tv_type(key) != LJ_GCT_STR || !type || lj_ct_kind(type) != LJ_CT_STRUCT)
        return false;
    const struct lj_ctype *entry = ffisan_ctable_get(table, type->sib);
    for (unsigned i = 0; entry && i < MOST; i++, entry = ffisan_ctable_get(table, entry->sib)) {
        if (!ffisan_ctable_member(table, entry, &member) ||
            (uintptr_t)member.name != lj_tv_object(key))
            continue;
        ret_part->from = member.offset;
        ret_part->size = member.size;
        return is_scalar(table, member.id);
    }
    return false;
}

bool ffisan_moment_part(const struct ffisan_builtin_call *call,
                        const struct ffisan_act_given *given, struct ffisan_moment_part *ret_part)
{
    struct ffisan_ctable table;
    struct target target;
    *ret_part = (struct ffisan_moment_part){.size = SIZE_MAX};
    switch (call->builtin) {
    case FFISAN_BUILTIN_STRING:
        find_number(call, 1, &ret_part->size);
        return true;
    case FFISAN_BUILTIN_COPY:
        find_number(call, 2, &ret_part->size);
        return true;
    case FFISAN_BUILTIN_CDATA_INDEX:
        return ffisan_ctable_init(&table, &call->state->vm) &&
               find_target(&table, given, &target) &&
               (find_element(call, &table, &target, ret_part) ||
                find_member(call, &table, &target, ret_part));
    default:
        return true;
    }
}
