/* SPDX-License-Identifier: MIT */
/* What calls ask for, and what their results hold: read, and never kept by address. */
#include "base/hash.h"
#include "runtime/fault/guard.h"
#include "runtime/ffi/results_books.h"
#include "runtime/state.h"
#include "runtime/vm/ctype_table.h"

#include <string.h>

#define PAGE 4096u
#define QUESTION_BYTES 64

/* ---- Content --------------------------------------------------------------------------------- */

/* A text can end right before memory that is not there: page by page. */
static bool take_text(struct ffisan_content *content, uintptr_t at)
{
    uint32_t n = 0;
    while (n < FFISAN_CONTENT_BYTES) {
        uint32_t piece = PAGE - (uint32_t)((at + n) % PAGE);
        if (piece > FFISAN_CONTENT_BYTES - n)
            piece = FFISAN_CONTENT_BYTES - n;
        if (!ffisan_guard_copy(content->bytes + n, (const void *)(at + n), piece))
            return false;
        const uint8_t *end = memchr(content->bytes + n, 0, piece);
        if (end) {
            content->size = (uint32_t)(end - content->bytes);
            return true;
        }
        n += piece;
    }
    content->size = n;
    return true;
}

bool ffisan_content_take(struct ffisan_content *content, uintptr_t at,
                         enum ffisan_content_form form, uint32_t size)
{
    content->form = form;
    if (form == FFISAN_CONTENT_TEXT)
        return take_text(content, at);
    content->size = size < FFISAN_CONTENT_BYTES ? size : FFISAN_CONTENT_BYTES;
    return ffisan_guard_copy(content->bytes, (const void *)at, content->size);
}

bool ffisan_content_is_text(const struct ffisan_content *content)
{
    for (uint32_t i = 0; i < content->size; i++) {
        uint8_t byte = content->bytes[i];
        if ((byte < ' ' && (byte < '\b' || byte > '\r')) || byte == 0x7f)
            return false;
    }
    return content->form == FFISAN_CONTENT_TEXT && content->size > 0;
}

bool ffisan_content_is_same(const struct ffisan_content *a, const struct ffisan_content *b)
{
    return a->form == b->form && a->size == b->size && memcmp(a->bytes, b->bytes, a->size) == 0;
}

bool ffisan_content_is_there(const struct ffisan_content *content, uintptr_t at)
{
    struct ffisan_content now;
    return ffisan_content_take(&now, at, content->form, content->size) &&
           ffisan_content_is_same(content, &now);
}

bool ffisan_content_has_grown(const struct ffisan_content *a, const struct ffisan_content *b)
{
    uint32_t size = a->size < b->size ? a->size : b->size;
    return memcmp(a->bytes, b->bytes, size) == 0;
}

/* ---- Questions ------------------------------------------------------------------------------- */

static uint64_t hash_bytes(uint64_t hash, const void *data, size_t size)
{
    const uint8_t *bytes = data;
    for (size_t i = 0; i < size; i++)
        hash = ffisan_hash_mix(hash, bytes[i]);
    return ffisan_hash_mix(hash, size);
}

static const struct lj_ctype *function_type(const struct ffisan_ctable *table, uint16_t ctypeid)
{
    const struct lj_ctype *type = ffisan_ctable_raw(table, ctypeid);
    if (type && lj_ct_kind(type) == LJ_CT_PTR)
        type = ffisan_ctable_raw(table, lj_ct_child(type));
    return type && lj_ct_kind(type) == LJ_CT_FUNC ? type : NULL;
}

/* The type of the function that is called, NULL when something else is. */
static const struct lj_ctype *called_type(const struct ffisan_builtin_call *call,
                                          const struct ffisan_ctable *table)
{
    uint16_t ctypeid;
    return ffisan_builtin_cdata(call, 0, &ctypeid) ? function_type(table, ctypeid) : NULL;
}

/* The declared type of an argument (position from 1); NULL when it is behind the `...`. */
static const struct lj_ctype *parameter_type(const struct ffisan_ctable *table,
                                             const struct lj_ctype *function, size_t position)
{
    enum { MOST = 64 };
    const struct lj_ctype *field = ffisan_ctable_get(table, function->sib);
    for (unsigned i = 0; field && i < MOST; i++, field = ffisan_ctable_get(table, field->sib))
        if (lj_ct_kind(field) == LJ_CT_FIELD && --position == 0)
            return ffisan_ctable_raw(table, lj_ct_child(field));
    return NULL;
}

static bool is_const(const struct ffisan_ctable *table, uint32_t id)
{
    enum { MOST = 16 };
    const struct lj_ctype *type = ffisan_ctable_get(table, id);
    for (unsigned i = 0; type && i < MOST;
         i++, type = ffisan_ctable_get(table, lj_ct_child(type))) {
        uint32_t kind = lj_ct_kind(type);
        if (kind == LJ_CT_ATTRIB && lj_ct_attribute(type) == LJ_CTA_QUAL &&
            type->size & LJ_CTF_CONST)
            return true;
        if (kind != LJ_CT_ATTRIB && kind != LJ_CT_TYPEDEF)
            return kind <= LJ_CT_ENUM && kind != LJ_CT_PTR && kind != LJ_CT_ARRAY &&
                   type->info & LJ_CTF_CONST;
    }
    return false;
}

static bool is_read_by(const struct ffisan_ctable *table, const struct lj_ctype *function,
                       size_t position)
{
    const struct lj_ctype *parameter = parameter_type(table, function, position);
    return !parameter ||
           (lj_ct_kind(parameter) == LJ_CT_PTR && is_const(table, lj_ct_child(parameter)));
}

bool ffisan_question_is_read(const struct ffisan_builtin_call *call, size_t position)
{
    struct ffisan_ctable table;
    const struct lj_ctype *function =
        ffisan_ctable_init(&table, &call->state->vm) ? called_type(call, &table) : NULL;
    return function && is_read_by(&table, function, position);
}

enum ffisan_parameter ffisan_question_parameter(const struct ffisan_vm *vm, uint16_t function,
                                                size_t position)
{
    struct ffisan_ctable table;
    const struct lj_ctype *type =
        ffisan_ctable_init(&table, vm) ? function_type(&table, function) : NULL;
    if (!type || position == 0)
        return FFISAN_PARAMETER_VALUE;
    const struct lj_ctype *parameter = parameter_type(&table, type, position);
    if (is_read_by(&table, type, position))
        return FFISAN_PARAMETER_READ;
    return lj_ct_kind(parameter) == LJ_CT_PTR ? FFISAN_PARAMETER_WRITTEN : FFISAN_PARAMETER_VALUE;
}

uintptr_t ffisan_question_address(const struct ffisan_builtin_call *call, size_t position)
{
    uint64_t value = ffisan_builtin_value(call, position);
    struct ffisan_ctable table;
    uintptr_t address;
    if (lj_tv_type(value) != LJ_GCT_CDATA || !ffisan_ctable_init(&table, &call->state->vm))
        return 0;
    const struct lj_cdata *cdata = (const struct lj_cdata *)lj_tv_object(value);
    const struct lj_ctype *type = ffisan_ctable_raw(&table, cdata->ctypeid);
    if (!type || lj_ct_kind(type) != LJ_CT_PTR)
        return (uintptr_t)cdata->payload;
    memcpy(&address, cdata->payload, sizeof(address));
    return address;
}

/* What a const pointer leads to says more than the address: ctime(t), with t set anew. */
static uint64_t hash_pointee(uint64_t hash, const struct ffisan_ctable *table, uint32_t id,
                             uintptr_t at)
{
    struct ffisan_content content;
    uint32_t size = ffisan_ctable_size(table, id);
    bool is_text = ffisan_ctable_is_bytes(table, id);
    if (size == 0 || size == LJ_CTSIZE_INVALID || !at ||
        !ffisan_content_take(&content, at, is_text ? FFISAN_CONTENT_TEXT : FFISAN_CONTENT_RECORD,
                             size))
        return ffisan_hash_mix(hash, at);
    return hash_bytes(hash, content.bytes, content.size);
}

static uint64_t hash_cdata(uint64_t hash, const struct ffisan_ctable *table,
                           const struct lj_cdata *cdata, bool is_read)
{
    uintptr_t at = (uintptr_t)cdata->payload;
    const struct lj_ctype *type = ffisan_ctable_raw(table, cdata->ctypeid);
    uint32_t kind = type ? lj_ct_kind(type) : LJ_CT_VOID;
    if (kind == LJ_CT_PTR || kind == LJ_CT_ARRAY) {
        if (kind == LJ_CT_PTR)
            memcpy(&at, cdata->payload, sizeof(at));
        return is_read ? hash_pointee(hash, table, lj_ct_child(type), at)
                       : ffisan_hash_mix(hash, at);
    }
    uint32_t size = type && kind <= LJ_CT_ENUM ? type->size : 0;
    if (kind == LJ_CT_STRUCT && size > QUESTION_BYTES)
        size = QUESTION_BYTES;
    return size <= QUESTION_BYTES ? hash_bytes(hash, cdata->payload, size) : hash;
}

uint64_t ffisan_question_hash(const struct ffisan_builtin_call *call)
{
    struct ffisan_ctable table;
    size_t n = ffisan_builtin_n_values(call);
    uint64_t hash = ffisan_hash_mix(n, call->kept->question.function);
    const struct lj_ctype *function =
        ffisan_ctable_init(&table, &call->state->vm) ? called_type(call, &table) : NULL;
    for (size_t i = 1; function && i < n; i++) {
        uint64_t value = ffisan_builtin_value(call, i);
        if (lj_tv_type(value) == LJ_GCT_CDATA)
            hash = hash_cdata(hash, &table, (const struct lj_cdata *)lj_tv_object(value),
                              is_read_by(&table, function, i));
        else
            hash = ffisan_hash_mix(hash, value);
    }
    return hash;
}

/* All parameters are values, or pointers to what is only read; and there is one. */
static bool has_question(const struct ffisan_ctable *table, const struct lj_ctype *function)
{
    enum { MOST = 64 };
    unsigned n = 0;
    const struct lj_ctype *field = ffisan_ctable_get(table, function->sib);
    for (unsigned i = 0; field && i < MOST; i++, field = ffisan_ctable_get(table, field->sib)) {
        if (lj_ct_kind(field) != LJ_CT_FIELD)
            continue;
        const struct lj_ctype *type = ffisan_ctable_raw(table, lj_ct_child(field));
        if (!type || (lj_ct_kind(type) == LJ_CT_PTR && !is_const(table, lj_ct_child(type))))
            return false;
        n++;
    }
    return n > 0;
}

bool ffisan_question_is_alike(const struct ffisan_builtin_call *call, uint32_t function_id,
                              uint32_t other_id)
{
    enum { MOST = 64 };
    struct ffisan_ctable table;
    if (!ffisan_ctable_init(&table, &call->state->vm))
        return false;
    const struct lj_ctype *a = ffisan_ctable_get(&table, function_id);
    const struct lj_ctype *b = ffisan_ctable_get(&table, other_id);
    if (!a || !b || lj_ct_child(a) != lj_ct_child(b) || !has_question(&table, a))
        return false;
    for (unsigned i = 0; i < MOST; i++) {
        a = ffisan_ctable_get(&table, a->sib);
        b = ffisan_ctable_get(&table, b->sib);
        if (!a || !b)
            return a == b;
        if (lj_ct_kind(a) != lj_ct_kind(b) || lj_ct_child(a) != lj_ct_child(b))
            return false;
    }
    return false;
}

void ffisan_question_note(const struct ffisan_builtin_call *call, struct ffisan_question *question)
{
    size_t n = ffisan_builtin_n_values(call);
    question->n_given = question->written = 0;
    for (size_t i = 1; i < n; i++) {
        uintptr_t address = ffisan_question_address(call, i);
        if (!address || question->n_given == sizeof(question->given) / sizeof(question->given[0]))
            continue;
        bool is_written = ffisan_question_parameter(&call->state->vm, (uint16_t)question->type,
                                                    i) == FFISAN_PARAMETER_WRITTEN;
        question->written |= (uint32_t)is_written << question->n_given;
        question->given[question->n_given++] = address;
    }
    question->arguments = ffisan_question_hash(call);
}
