/* SPDX-License-Identifier: MIT */
/*
 * A result that is stored in a struct, an array or through a pointer is read from there by another
 * cdata, which leads to the same answer; so do copies by ffi.cast.  A function like getline leaves
 * its result in a pointer that it was given the address of.
 */
#include "runtime/audit/standin.h"
#include "runtime/fault/guard.h"
#include "runtime/ffi/results_books.h"
#include "runtime/state.h"
#include "runtime/vm/ctype_table.h"

#include <string.h>

/* What a cdata is, or leads to; and its address. */
static const struct lj_ctype *target_of(const struct ffisan_ctable *table,
                                        const struct lj_cdata *cdata, bool *ret_is_pointer,
                                        uintptr_t *ret_address)
{
    const struct lj_ctype *type = ffisan_ctable_raw(table, cdata->ctypeid);
    *ret_address = (uintptr_t)cdata->payload;
    *ret_is_pointer = false;
    if (!type || lj_ct_kind(type) != LJ_CT_PTR)
        return type;
    memcpy(ret_address, cdata->payload, sizeof(*ret_address));
    *ret_is_pointer = !(type->info & LJ_CTF_REF);
    return ffisan_ctable_raw(table, lj_ct_child(type));
}

static bool is_pointer_to_bytes(const struct ffisan_ctable *table, const struct lj_ctype *type)
{
    return type && lj_ct_kind(type) == LJ_CT_PTR &&
           ffisan_ctable_is_bytes(table, lj_ct_child(type));
}

static bool find_offset(const struct ffisan_ctable *table, const struct lj_ctype *type,
                        uint64_t key, size_t *ret_offset)
{
    enum { MOST = 256 };
    struct ffisan_member member;
    const struct lj_ctype *entry =
        lj_ct_kind(type) == LJ_CT_STRUCT ? ffisan_ctable_get(table, type->sib) : NULL;
    for (unsigned i = 0; entry && i < MOST; i++, entry = ffisan_ctable_get(table, entry->sib)) {
        if (!ffisan_ctable_member(table, entry, &member) ||
            (uintptr_t)member.name != lj_tv_object(key))
            continue;
        *ret_offset = member.offset;
        return is_pointer_to_bytes(table, ffisan_ctable_raw(table, member.id));
    }
    return false;
}

static bool find_index(uint64_t key, size_t *ret_offset)
{
    enum { MOST = 1 << 20 };
    double number;
    memcpy(&number, &key, sizeof(number));
    if (lj_tv_type(key) < LJ_IT_NUMX)
        return false;
    if (lj_tv_type(key) == LJ_IT_NUMX)
        number = (int32_t)key;
    if (!(number >= 0 && number < MOST))
        return false;
    *ret_offset = (size_t)number * sizeof(uintptr_t);
    return true;
}

/* That a call of __index or __newindex reads or writes; 0: it is none. */
static uintptr_t place_of(const struct ffisan_builtin_call *call)
{
    uint64_t object = ffisan_builtin_value(call, 0), key = ffisan_builtin_value(call, 1);
    struct ffisan_ctable table;
    bool is_pointer, found;
    uintptr_t address;
    size_t offset = 0;
    if (lj_tv_type(object) != LJ_GCT_CDATA || !ffisan_ctable_init(&table, &call->state->vm))
        return 0;
    const struct lj_ctype *type =
        target_of(&table, (const struct lj_cdata *)lj_tv_object(object), &is_pointer, &address);
    if (!type)
        return 0;
    if (lj_tv_type(key) == LJ_GCT_STR)
        found = find_offset(&table, type, key, &offset);
    else if (is_pointer)
        found = is_pointer_to_bytes(&table, type) && find_index(key, &offset);
    else
        found = lj_ct_kind(type) == LJ_CT_ARRAY &&
                is_pointer_to_bytes(&table, ffisan_ctable_raw(&table, lj_ct_child(type))) &&
                find_index(key, &offset);
    return found ? address + offset : 0;
}

uintptr_t ffisan_result_given_place(const struct ffisan_builtin_call *call, size_t position)
{
    uint64_t value = ffisan_builtin_value(call, position);
    struct ffisan_ctable table;
    bool is_pointer;
    uintptr_t address;
    if (lj_tv_type(value) != LJ_GCT_CDATA || !ffisan_ctable_init(&table, &call->state->vm))
        return 0;
    const struct lj_ctype *type =
        target_of(&table, (const struct lj_cdata *)lj_tv_object(value), &is_pointer, &address);
    if (type && !is_pointer)
        type =
            lj_ct_kind(type) == LJ_CT_ARRAY ? ffisan_ctable_raw(&table, lj_ct_child(type)) : NULL;
    return is_pointer_to_bytes(&table, type) &&
                   ffisan_question_parameter(&call->state->vm, call->kept->question.type,
                                             position) == FFISAN_PARAMETER_WRITTEN
               ? address
               : 0;
}

/* ---- Copies ---------------------------------------------------------------------------------- */

bool ffisan_result_is_at(const struct ffisan_result *result, uintptr_t place)
{
    uintptr_t word;
    return ffisan_guard_copy(&word, (const void *)place, sizeof(word)) && word == result->base;
}

/* The cdata leads to the text as well. */
static void note_copy(const struct ffisan_builtin_call *call,
                      struct ffisan_result_function *function, const struct ffisan_result *result,
                      uintptr_t object)
{
    struct ffisan_result copy = *result;
    copy.object = object;
    copy.ctypeid = ((const struct lj_cdata *)object)->ctypeid;
    copy.is_place = false;
    copy.is_copy = true;
    copy.holder_made = ffisan_result_origin(call->state, object);
    ffisan_results_remember(call->state->results, function, &copy);
}

/* A text that a member of a result leads to, or is: overwritten together with it. */
static void note_part(const struct ffisan_builtin_call *call,
                      struct ffisan_result_function *function, const struct ffisan_result *whole,
                      const struct lj_cdata *cdata)
{
    struct ffisan_ctable table;
    if (whole->is_overwritten || !ffisan_ctable_init(&table, &call->state->vm) ||
        !is_pointer_to_bytes(&table, ffisan_ctable_raw(&table, cdata->ctypeid)))
        return;
    uint32_t made = ffisan_result_origin(call->state, (uintptr_t)cdata);
    struct ffisan_result part = {.object = (uintptr_t)cdata,
                                 .base = whole->base,
                                 .question = whole->question,
                                 .function = whole->function,
                                 .call = whole->call,
                                 .made = made,
                                 .holder_made = made,
                                 .ctypeid = cdata->ctypeid};
    memcpy(&part.at, cdata->payload, sizeof(part.at));
    if (ffisan_state_owning(part.at) || ffisan_standin_covers(part.at) ||
        !ffisan_content_take(&part.content, part.at, FFISAN_CONTENT_TEXT, 0) ||
        !ffisan_content_is_text(&part.content))
        return;
    ffisan_results_remember(call->state->results, function, &part);
}

static const struct lj_cdata *returned(const struct ffisan_builtin_call *call)
{
    size_t n = ffisan_builtin_n_values(call);
    uint64_t value = n > 0 ? ffisan_builtin_value(call, n - 1) : UINT64_MAX;
    return lj_tv_type(value) == LJ_GCT_CDATA ? (const struct lj_cdata *)lj_tv_object(value) : NULL;
}

/* The key has gone when the call is over. */
static void before_index(const struct ffisan_builtin_call *call)
{
    struct ffisan_result_function *function;
    uintptr_t place = call->state->results ? place_of(call) : 0;
    const struct ffisan_result *stored =
        place ? ffisan_results_find(call->state->results, place, &function) : NULL;
    call->kept->result = stored ? place : 0;
}

/* What was read: a member of a struct that was a result, or from where a result was stored. */
static void after_index(const struct ffisan_builtin_call *call)
{
    struct ffisan_result_function *function;
    const struct lj_cdata *cdata = call->state->results ? returned(call) : NULL;
    if (!cdata)
        return;
    struct ffisan_result *whole = ffisan_results_argument(call, 0, &function);
    if (whole) {
        note_part(call, function, whole, cdata);
        return;
    }
    uintptr_t place = call->kept->result;
    const struct ffisan_result *stored =
        place ? ffisan_results_find(call->state->results, place, &function) : NULL;
    if (stored && ffisan_result_is_at(stored, (uintptr_t)cdata->payload))
        note_copy(call, function, stored, (uintptr_t)cdata);
}

/* ffi.cast puts what it makes where its argument was. */
static void before_cast(const struct ffisan_builtin_call *call)
{
    struct ffisan_result_function *function;
    const struct ffisan_result *result = ffisan_results_argument(call, 1, &function);
    call->kept->result = result ? result->object : 0;
}

static void after_cast(const struct ffisan_builtin_call *call)
{
    struct ffisan_result_function *function;
    const struct lj_cdata *cdata = call->kept->result ? returned(call) : NULL;
    if (!cdata || (uintptr_t)cdata == call->kept->result)
        return;
    const struct ffisan_result *result =
        ffisan_results_find(call->state->results, call->kept->result, &function);
    if (result && result->content.form == FFISAN_CONTENT_TEXT &&
        ffisan_result_is_at(result, (uintptr_t)cdata->payload))
        note_copy(call, function, result, (uintptr_t)cdata);
}

/* ---- Assignments ----------------------------------------------------------------------------- */

static bool is_result(lua_State *L)
{
    const struct lj_thread *thread = (const struct lj_thread *)L;
    const uint64_t *value = (const uint64_t *)thread->base + 2;
    struct ffisan_result_function *function;
    if (thread->top <= (uintptr_t)value || lj_tv_type(*value) != LJ_GCT_CDATA)
        return false;
    const struct ffisan_state *state = ffisan_state_owning(lj_tv_object(*value));
    return state && state->results &&
           ffisan_results_find(state->results, lj_tv_object(*value), &function);
}

static void before_assignment(const struct ffisan_builtin_call *call)
{
    struct ffisan_result_function *function;
    const struct ffisan_result *result = ffisan_results_argument(call, 2, &function);
    uintptr_t place = result ? place_of(call) : 0;
    if (!place)
        return;
    struct ffisan_result stored = *result;
    stored.object = place;
    stored.is_place = true;
    ffisan_results_remember(call->state->results, function, &stored);
}

void ffisan_results_watch_assignments(void)
{
    ffisan_builtins_choose(is_result, before_assignment);
}

void ffisan_results_watch_places(void)
{
    ffisan_builtins_watch_samples(FFISAN_BUILTIN_CDATA_INDEX, before_index, after_index);
    ffisan_builtins_watch_samples(FFISAN_BUILTIN_CAST, before_cast, after_cast);
}
