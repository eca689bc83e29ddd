/* SPDX-License-Identifier: MIT */
#include "runtime/report/modified.h"

#include "runtime/cmem/cholder.h"
#include "runtime/fault/guard.h"
#include "runtime/report/describe.h"
#include "runtime/state.h"

/* ---- Who holds a pointer that C could have written through ----------------------------------- */

struct search {
    struct ffisan_state *state;
    const struct ffisan_damage *damage;
    struct ffisan_scratch *scratch;
    struct ffisan_finding *finding;
};

static void describe_holder(void *context)
{
    struct search *search = context;
    struct ffisan_slot_ref ref;
    struct ffisan_holder holder;
    uintptr_t start = search->damage->block;
    size_t size = search->damage->size;
    if (ffisan_heap_find(&search->state->heap, start, &ref) && ref.slot->is_held) {
        const struct ffisan_standin *standin = ffisan_standin_for(search->state, &ref);
        start = standin ? standin->base : start; /* pointers to it were re-aimed */
    }
    const struct ffisan_cholder_aim aim = {
        .start = start, .size = size, .address = start + sizeof(struct lj_str)};
    if (ffisan_cholder_find(search->state, &aim, &holder))
        ffisan_describe_holder(search->state, &holder, true, search->scratch, search->finding);
}

/* ---- What to say ----------------------------------------------------------------------------- */

static void add_content(struct ffisan_text *text, const char *data, size_t size)
{
    enum { SHOWN = 40 };
    ffisan_text_add_char(text, '"');
    for (size_t i = 0; i < size && i < SHOWN; i++)
        ffisan_text_add_char(text, data[i] >= ' ' && data[i] < 127 ? data[i] : '.');
    ffisan_text_add(text, size > SHOWN ? "\"..." : "\"");
}

/* Which of the bytes that were kept have changed: the place of the write. */
static void find_changed_bytes(const char *before, const char *now, size_t size,
                               struct ffisan_finding *finding)
{
    size_t first = size, last = 0;
    for (size_t i = 0; i < size; i++) {
        if (before[i] == now[i])
            continue;
        first = first == size ? i : first;
        last = i;
    }
    finding->block.offset = first == size ? 0 : (int64_t)first;
    finding->use.size_bytes = first == size ? 0 : last + 1 - first;
}

static const char *why(const struct ffisan_damage *damage, const struct ffisan_culprit *culprit,
                       struct ffisan_scratch *scratch)
{
    const char *start = ffisan_scratch_string(scratch);
    struct ffisan_text *text = &scratch->text;
    if (culprit && culprit->before) {
        ffisan_text_add(text, "The string was ");
        add_content(text, culprit->before, culprit->n_before);
        ffisan_text_add(text, " before the call. ");
    } else {
        ffisan_text_add(text, damage->was_live ? "The string has changed since it was made. "
                                               : "When the string was collected its content was "
                                                 "not the one that it was made with. ");
    }
    ffisan_text_add(text,
                    "Equal strings are one object in Lua, so every other use of the same text "
                    "changes with it, and tables that have it as a key do not find it any more.");
    ffisan_scratch_end_string(scratch);
    return start;
}

void ffisan_modified_describe(struct ffisan_state *state, const struct ffisan_damage *damage,
                              const struct ffisan_culprit *culprit, struct ffisan_scratch *scratch,
                              struct ffisan_finding *finding)
{
    struct search search = {
        .state = state, .damage = damage, .scratch = scratch, .finding = finding};
    finding->kind = FFISAN_KIND_STRING_MODIFIED;
    finding->block.offset = 0;
    finding->use.size_bytes = 0;
    if (culprit && culprit->before)
        find_changed_bytes(culprit->before, ((const struct lj_str *)damage->block)->data,
                           culprit->n_before, finding);
    ffisan_guard_run(describe_holder, &search);
    finding->why = why(damage, culprit, scratch);
    finding->fix =
        "Give C memory that may be written: local buf = ffi.new(\"char[?]\", n), or a copy of "
        "the string in it, and make a string of the result with ffi.string(buf, n).";
}
