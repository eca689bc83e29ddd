/* SPDX-License-Identifier: MIT */
/*
 * Of a struct that a call has overwritten it matters which members the call changed: others may
 * have been changed by others, and mean to be.  A member that leads to a text can stay the same
 * while the text becomes another.
 */
#include "runtime/ffi/results_books.h"
#include "runtime/state.h"
#include "runtime/vm/ctype_table.h"

#include <string.h>

static uint32_t smaller(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* The text of a member, as the struct is now; not more of it than is kept. */
static bool take_text(const struct ffisan_content *whole, const struct ffisan_member_text *text,
                      struct ffisan_content *ret_content)
{
    uintptr_t at;
    const uint8_t *member = whole->bytes + text->offset;
    if (!text->is_inline) {
        memcpy(&at, member, sizeof(at));
        if (!at || !ffisan_content_take(ret_content, at, FFISAN_CONTENT_TEXT, 0))
            return false;
    } else {
        ret_content->form = FFISAN_CONTENT_TEXT;
        const uint8_t *end = memchr(member, 0, text->room);
        ret_content->size = end ? (uint32_t)(end - member) : text->room;
        memcpy(ret_content->bytes, member, ret_content->size);
    }
    ret_content->size = smaller(ret_content->size, FFISAN_MEMBER_BYTES);
    return true;
}

static bool is_same(const struct ffisan_member_text *text, const struct ffisan_content *content)
{
    return text->size == content->size && memcmp(text->bytes, content->bytes, text->size) == 0;
}

/* Is the member text, or a pointer to some? */
static bool find_text(const struct ffisan_ctable *table, const struct ffisan_member *member,
                      const struct ffisan_content *whole, struct ffisan_member_text *ret_text)
{
    const struct lj_ctype *type = ffisan_ctable_raw(table, member->id);
    uint32_t kind = type ? lj_ct_kind(type) : LJ_CT_VOID;
    bool is_array = kind == LJ_CT_ARRAY, is_pointer = kind == LJ_CT_PTR;
    size_t size = is_pointer ? sizeof(uintptr_t) : member->size;
    if ((!is_array && !is_pointer) || !ffisan_ctable_is_bytes(table, lj_ct_child(type)) ||
        size > whole->size || member->offset > whole->size - size)
        return false;
    *ret_text = (struct ffisan_member_text){
        .offset = (uint16_t)member->offset, .is_inline = is_array, .room = (uint16_t)size};
    return true;
}

void ffisan_members_take(const struct ffisan_builtin_call *call, struct ffisan_result *result)
{
    enum { MOST = 128 };
    struct ffisan_ctable table;
    struct ffisan_member member;
    struct ffisan_content content;
    if (!ffisan_ctable_init(&table, &call->state->vm))
        return;
    const struct lj_ctype *type = ffisan_ctable_raw(&table, result->ctypeid);
    type = type ? ffisan_ctable_raw(&table, lj_ct_child(type)) : NULL;
    const struct lj_ctype *entry = type ? ffisan_ctable_get(&table, type->sib) : NULL;
    for (unsigned i = 0; entry && i < MOST && result->n_texts < FFISAN_MEMBER_TEXTS; i++) {
        struct ffisan_member_text *text = &result->texts[result->n_texts];
        if (ffisan_ctable_member(&table, entry, &member) &&
            find_text(&table, &member, &result->content, text) &&
            take_text(&result->content, text, &content) && ffisan_content_is_text(&content)) {
            text->size = (uint16_t)content.size;
            memcpy(text->bytes, content.bytes, content.size);
            result->n_texts++;
        }
        entry = ffisan_ctable_get(&table, entry->sib);
    }
}

void ffisan_members_overwritten(struct ffisan_result *result)
{
    struct ffisan_content now, text;
    const struct ffisan_content *then = &result->content;
    if (then->form != FFISAN_CONTENT_RECORD ||
        !ffisan_content_take(&now, result->at, FFISAN_CONTENT_RECORD, then->size))
        return;
    for (uint32_t i = 0; i < then->size; i++)
        if (then->bytes[i] != now.bytes[i])
            result->changed[i / 64] |= UINT64_C(1) << i % 64;
    for (uint32_t i = 0; i < result->n_texts; i++)
        result->texts[i].is_changed =
            take_text(&now, &result->texts[i], &text) && !is_same(&result->texts[i], &text);
}

static bool text_differs(struct ffisan_result *result, const struct ffisan_member_text *text,
                         struct ffisan_content *now)
{
    struct ffisan_content content;
    if (!text->is_changed || !take_text(now, text, &content) || is_same(text, &content))
        return false;
    *now = content;
    result->content.form = FFISAN_CONTENT_TEXT;
    result->content.size = text->size;
    memcpy(result->content.bytes, text->bytes, text->size);
    return true;
}

bool ffisan_members_differ(struct ffisan_result *result, size_t offset, size_t size,
                           struct ffisan_content *now)
{
    const struct ffisan_content *then = &result->content;
    for (uint32_t i = 0; i < result->n_texts && size > 0; i++)
        if (result->texts[i].offset == offset)
            return text_differs(result, &result->texts[i], now);
    if (size == 0) {
        offset = 0;
        size = then->size;
    }
    for (size_t i = offset; i < offset + size && i < then->size; i++)
        if (result->changed[i / 64] >> i % 64 & 1 && then->bytes[i] != now->bytes[i])
            return true;
    return false;
}

bool ffisan_members_find(const struct ffisan_builtin_call *call, uint16_t ctypeid,
                         struct ffisan_member *ret_member)
{
    enum { MOST = 256 };
    uint64_t key = ffisan_builtin_value(call, 1);
    struct ffisan_ctable table;
    if (lj_tv_type(key) != LJ_GCT_STR || !ffisan_ctable_init(&table, &call->state->vm))
        return false;
    const struct lj_ctype *type = ffisan_ctable_raw(&table, ctypeid);
    type = type ? ffisan_ctable_raw(&table, lj_ct_child(type)) : NULL;
    const struct lj_ctype *entry = type ? ffisan_ctable_get(&table, type->sib) : NULL;
    for (unsigned i = 0; entry && i < MOST; i++, entry = ffisan_ctable_get(&table, entry->sib))
        if (ffisan_ctable_member(&table, entry, ret_member) &&
            (uintptr_t)ret_member->name == lj_tv_object(key))
            return true;
    return false;
}
