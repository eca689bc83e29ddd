/* SPDX-License-Identifier: MIT */
#include "runtime/audit/standin.h"
#include "runtime/cmem/creport.h"
#include "runtime/cmem/segments.h"
#include "runtime/fault/guard.h"
#include "runtime/ffi/results_books.h"
#include "runtime/report/describe.h"
#include "runtime/report/source.h"
#include "runtime/state.h"
#include "runtime/vm/cstack.h"

#include <string.h>

#define N_STEPS 4
#define SHOWN_BYTES 60

struct telling {
    struct ffisan_state *state;
    const struct ffisan_result_use *use;
    const char *name;  /* of the function that returned the result, or NULL */
    const char *other; /* of the one that overwrote it */
    struct ffisan_scratch *scratch;
    struct ffisan_finding finding;
    unsigned step;
};

static void describe_use(struct telling *telling)
{
    const struct ffisan_result_use *use = telling->use;
    struct ffisan_finding *finding = &telling->finding;
    struct ffisan_scratch *scratch = telling->scratch;
    finding->use.access = FFISAN_ACCESS_READ;
    finding->use.function = use->user ? ffisan_describe_symbol(scratch, use->user) : use->function;
    finding->use.stack = ffisan_stacks_get(telling->state->stacks, use->stack);
    if (finding->use.stack.n_frames == 0)
        return;
    const struct ffisan_frame *frame = &finding->use.stack.frames[0];
    const char *source = ffisan_scratch_string(scratch);
    bool found = ffisan_source_line(frame->file, frame->line, &scratch->text);
    ffisan_scratch_end_string(scratch);
    finding->use.source = found ? source : NULL;
}

static void describe_holder(struct telling *telling)
{
    struct ffisan_slot_ref ref = {0};
    struct ffisan_state *state = telling->state;
    const struct ffisan_result *result = &telling->use->result;
    if (result->object)
        ffisan_heap_find(&state->heap, result->object, &ref);
    struct ffisan_holder holder = {.block = ref.block,
                                   .header = result->object,
                                   .payload = result->object + sizeof(struct lj_cdata),
                                   .ctypeid = result->ctypeid,
                                   .size = sizeof(uintptr_t),
                                   .made = result->holder_made ?: result->made,
                                   .kind = FFISAN_HOLDER_CDATA};
    ffisan_describe_holder(state, &holder, result->object != 0, telling->scratch,
                           &telling->finding);
}

/* "libfoo.so: status_line"; without a symbol "libfoo.so" says more than the name of a section. */
const char *ffisan_result_variable(struct ffisan_state *state, uintptr_t address,
                                   struct ffisan_scratch *scratch)
{
    const struct ffisan_segment *segments;
    struct ffisan_finding found = {0};
    struct ffisan_holder variable = {.payload = address, .kind = FFISAN_HOLDER_C_VARIABLE};
    ffisan_segments_now((uintptr_t)state->api->lua_newuserdata, &segments);
    if (!ffisan_segments_find(variable.payload))
        return NULL;
    ffisan_describe_holder(state, &variable, false, scratch, &found);
    char *section = found.holder.field ? strstr(found.holder.field, ": .") : NULL;
    if (section)
        *section = '\0';
    return found.holder.field;
}

/* A buffer of Lua code, which is made elsewhere than it is filled. */
static bool describe_given(struct telling *telling)
{
    uintptr_t at = telling->use->result.base;
    struct ffisan_slot_ref ref;
    if (!ffisan_heap_find(&telling->state->heap, at, &ref))
        return false;
    const struct ffisan_described_block block = {.content = ref.block,
                                                 .size = ffisan_slot_size(&ref),
                                                 .type = ref.slot->type,
                                                 .made = ref.slot->stack};
    ffisan_describe_block(telling->state, &block, (int64_t)(at - ref.block), telling->scratch,
                          &telling->finding);
    return true;
}

static void describe_block(struct telling *telling)
{
    const struct ffisan_result *result = &telling->use->result;
    struct ffisan_finding *finding = &telling->finding;
    finding->freed.function = telling->other;
    finding->freed.stack = ffisan_stacks_get(telling->state->stacks, result->overwritten);
    if (describe_given(telling))
        return;
    finding->block.kind = FFISAN_BLOCK_STATIC;
    finding->block.offset = (int64_t)(result->at - result->base);
    finding->block.made = ffisan_stacks_get(telling->state->stacks, result->made);
}

static bool is_same_function(const struct ffisan_frame *a, const struct ffisan_frame *b)
{
    return a->function && b->function && a->file && b->file &&
           strcmp(a->function, b->function) == 0 && strcmp(a->file, b->file) == 0;
}

bool ffisan_result_is_own_buffer(struct ffisan_state *state, const struct ffisan_result *result,
                                 uint32_t stack)
{
    struct ffisan_stack made = ffisan_stacks_get(state->stacks, result->made);
    struct ffisan_stack used = ffisan_stacks_get(state->stacks, stack);
    if (!result->is_given)
        return false;
    for (size_t i = 0; made.n_frames > 0 && i < used.n_frames; i++)
        if (is_same_function(&made.frames[0], &used.frames[i]))
            return true;
    return made.n_frames == 0;
}

/* ---- Why, and the fix ------------------------------------------------------------------------ */

static void add_content(struct ffisan_text *text, const struct ffisan_content *content)
{
    uint32_t n = content->size < SHOWN_BYTES ? content->size : SHOWN_BYTES;
    ffisan_text_add(text, " \"");
    for (uint32_t i = 0; i < n; i++)
        ffisan_text_add_char(text, content->bytes[i] >= ' ' ? (char)content->bytes[i] : ' ');
    ffisan_text_add(text, n < content->size ? "...\"" : "\"");
}

static void add_name(struct telling *telling)
{
    ffisan_text_add(&telling->scratch->text, telling->name ? telling->name : "the function");
}

static void explain_why(struct telling *telling)
{
    struct ffisan_text *text = &telling->scratch->text;
    const struct ffisan_result_use *use = telling->use;
    if (use->result.content.form == FFISAN_CONTENT_TEXT) {
        ffisan_text_add(text, "The result was");
        add_content(text, &use->result.content);
        ffisan_text_add(text, " and has become");
        add_content(text, &use->now);
        ffisan_text_add(text, ": ");
    } else {
        ffisan_text_add(text, "The struct was another when it was returned: ");
    }
    add_name(telling);
    if (use->result.function != use->result.overwriter) {
        ffisan_text_add(text, " and ");
        ffisan_text_add(text, telling->other ? telling->other : "another function");
        ffisan_text_add(text, " write their results into the same memory.");
    } else {
        ffisan_text_add(text, " writes each result into the same memory.");
    }
    ffisan_text_add(text, " Both the earlier and the later one are used.");
    if (telling->finding.severity != FFISAN_SEVERITY_WARNING)
        return;
    if (use->result.content.form == FFISAN_CONTENT_TEXT)
        ffisan_text_add(text,
                        " Both calls had the same arguments, so the later content may be "
                        "what is meant.");
    else
        ffisan_text_add(text,
                        " If it is one struct that the function changes and hands out "
                        "again and again, this may be meant.");
}

static void explain_fix(struct telling *telling)
{
    struct ffisan_text *text = &telling->scratch->text;
    const struct ffisan_result *result = &telling->use->result;
    bool is_text = result->content.form == FFISAN_CONTENT_TEXT;
    bool is_member = result->n_texts > 0 || result->at != result->base;
    if (result->is_given) {
        ffisan_text_add(text,
                        "Make a Lua string of the result before the next call:\n"
                        "    local text = ffi.string(C.");
        add_name(telling);
        ffisan_text_add(text, "(...))\nor give each call a buffer of its own.");
        return;
    }
    if (result->is_filled) {
        ffisan_text_add(text,
                        "Make a Lua string of each text before the next call:\n"
                        "    local text = ffi.string(p[0])\n"
                        "or give each call a pointer of its own, and free what it puts there.");
        return;
    }
    if (is_text)
        ffisan_text_add(text,
                        "Make a Lua string of the result before the next call:\n"
                        "    local text = ffi.string(C.");
    else
        ffisan_text_add(text,
                        "Copy what is needed out of the struct before the next call, or "
                        "all of it:\n    local copy = ffi.new(\"struct ...\", C.");
    add_name(telling);
    ffisan_text_add(text, !is_text ? "(...)[0])" : is_member ? "(...).member)" : "(...))");
    ffisan_text_add(text,
                    "\nor use the variant of the function that writes into a buffer of "
                    "yours, if there is one (_r).");
}

static void explain(struct telling *telling)
{
    struct ffisan_scratch *scratch = telling->scratch;
    telling->finding.why = ffisan_scratch_string(scratch);
    explain_why(telling);
    ffisan_scratch_end_string(scratch);
    telling->finding.fix = ffisan_scratch_string(scratch);
    explain_fix(telling);
    ffisan_scratch_end_string(scratch);
}

static void gather(void *argument)
{
    struct telling *telling = argument;
    switch (telling->step++) {
    case 0:
        telling->name = ffisan_describe_symbol(telling->scratch, telling->use->result.function);
        telling->other = ffisan_describe_symbol(telling->scratch, telling->use->result.overwriter);
        describe_use(telling);
        describe_block(telling);
        break;
    case 1:
        describe_holder(telling);
        break;
    case 2:
        if (telling->finding.block.kind != FFISAN_BLOCK_STATIC)
            break;
        telling->finding.block.type = telling->name ? telling->name : "C";
        telling->finding.block.type =
            ffisan_result_variable(telling->state, telling->use->result.base, telling->scratch)
                ?: telling->finding.block.type;
        break;
    case 3:
        explain(telling);
        break;
    }
}

void ffisan_result_report(struct ffisan_state *state, struct ffisan_result_function *function,
                          const struct ffisan_result_use *use)
{
    struct ffisan_quiet quiet;
    if (use->result.made && use->result.made == function->told)
        return;
    function->told = use->result.made;
    if (!ffisan_creport_open(&quiet))
        return;
    struct telling telling = {
        .state = state,
        .use = use,
        .scratch = ffisan_scratch_begin(),
        .finding = {.severity = use->severity, .kind = FFISAN_KIND_OVERWRITTEN_RESULT}};
    while (telling.step < N_STEPS)
        ffisan_guard_run(gather, &telling);
    ffisan_creport_close(&quiet, &telling.finding);
}
