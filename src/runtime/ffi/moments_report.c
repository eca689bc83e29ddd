/* SPDX-License-Identifier: MIT */
#include "runtime/cmem/cheap.h"
#include "runtime/cmem/creport.h"
#include "runtime/fault/guard.h"
#include "runtime/ffi/moments_books.h"
#include "runtime/report/describe.h"
#include "runtime/report/place.h"
#include "runtime/report/source.h"
#include "runtime/state.h"
#include "runtime/vm/anchors.h"
#include "runtime/vm/cstack.h"

#include <string.h>

#define N_STEPS 5
#define SHOWN_BYTES 60

struct telling {
    struct ffisan_state *state;
    const struct ffisan_overwriting_use *use;
    const struct ffisan_overwriting *seen;
    struct ffisan_stack filled; /* where the function filled the buffer; may be empty */
    const char *filler;         /* what it called for that, or NULL */
    struct ffisan_scratch *scratch;
    struct ffisan_finding finding;
    unsigned step;
};

const char *ffisan_moment_builtin(enum ffisan_builtin builtin)
{
    switch (builtin) {
    case FFISAN_BUILTIN_STRING:
        return "ffi.string";
    case FFISAN_BUILTIN_COPY:
        return "ffi.copy";
    case FFISAN_BUILTIN_FILL:
        return "ffi.fill";
    default:
        return NULL;
    }
}

/* The name of a C function, or of a built-in one; NULL: an assignment, or not known. */
static const char *keep_name(struct telling *telling, uintptr_t callee, enum ffisan_builtin builtin)
{
    return builtin == FFISAN_BUILTIN_CDATA_CALL ? ffisan_describe_symbol(telling->scratch, callee)
                                                : ffisan_moment_builtin(builtin);
}

static void describe_use(struct telling *telling)
{
    struct ffisan_finding *finding = &telling->finding;
    struct ffisan_scratch *scratch = telling->scratch;
    finding->use.access = FFISAN_ACCESS_READ;
    finding->use.function = keep_name(telling, telling->use->callee, telling->use->builtin);
    finding->use.stack = ffisan_stacks_get(telling->state->stacks, telling->use->stack);
    if (finding->use.stack.n_frames == 0)
        return;
    const struct ffisan_frame *frame = &finding->use.stack.frames[0];
    const char *source = ffisan_scratch_string(scratch);
    bool found = ffisan_source_line(frame->file, frame->line, &scratch->text);
    ffisan_scratch_end_string(scratch);
    finding->use.source = found ? source : NULL;
}

void ffisan_moment_describe_memory(struct ffisan_state *state, uintptr_t at,
                                   struct ffisan_scratch *scratch, struct ffisan_finding *finding)
{
    struct ffisan_slot_ref ref;
    if (ffisan_heap_find(&state->heap, at, &ref)) {
        struct ffisan_described_block block = {.content = ref.block,
                                               .size = ffisan_slot_size(&ref),
                                               .type = ref.slot->type,
                                               .made = ref.slot->is_held ? 0 : ref.slot->stack};
        ffisan_describe_block(state, &block, (int64_t)(at - ref.block), scratch, finding);
    } else if (ffisan_cheap_find_live(at, &ref)) {
        finding->block.kind = FFISAN_BLOCK_MALLOC;
        finding->block.type = "C memory";
        finding->block.size_bytes = ffisan_slot_size(&ref);
        finding->block.offset = (int64_t)(at - ref.block);
        finding->block.made = ffisan_creport_stack(ref.slot->stack, NULL, NULL);
    } else {
        finding->block.type = ffisan_result_variable(state, at, scratch);
        finding->block.kind = finding->block.type ? FFISAN_BLOCK_STATIC : FFISAN_BLOCK_NONE;
    }
}

/* What keeps the buffer, which names the variable. */
static void describe_path(struct telling *telling)
{
    struct ffisan_slot_ref ref;
    struct ffisan_state *state = telling->state;
    if (!ffisan_heap_find(&state->heap, telling->seen->at, &ref))
        return;
    uintptr_t likely = 8u * (ref.slot->type >> FFISAN_SLOT_HEADER_SHIFT);
    const struct lj_cdata *cdata = lj_find_cdata(ref.block, ffisan_slot_size(&ref), likely);
    const char *path = ffisan_scratch_string(telling->scratch);
    bool found =
        cdata && ffisan_anchors_path(&state->vm, (uintptr_t)cdata, 0, &telling->scratch->text);
    ffisan_scratch_end_string(telling->scratch);
    telling->finding.holder.path = found ? path : NULL;
}

static void describe_overwriting(struct telling *telling)
{
    const struct ffisan_overwriting *seen = telling->seen;
    struct ffisan_state *state = telling->state;
    struct ffisan_finding *finding = &telling->finding;
    finding->freed.function = keep_name(telling, seen->callee, seen->builtin);
    finding->freed.stack = ffisan_stacks_get(state->stacks, seen->stack);
    finding->freed.finalizer_made = ffisan_stacks_get(state->stacks, seen->finalizer_made);
    if (seen->finalizer_ctype == FFISAN_FINALIZER_OF_USERDATA)
        finding->freed.finalizer = "userdata";
    if (seen->finalizer_ctype == 0 || finding->freed.finalizer)
        return;
    finding->freed.finalizer = ffisan_scratch_string(telling->scratch);
    ffisan_ctype_object_name(&state->vm, seen->finalizer_ctype, 0, &telling->scratch->text);
    ffisan_scratch_end_string(telling->scratch);
}

/* The function that filled it may have returned since, and be gone. */
static void find_filler(struct telling *telling)
{
    const struct ffisan_act *writer = &telling->seen->writer;
    struct ffisan_state *state = telling->state;
    struct ffisan_slot_ref ref;
    const struct lj_func *function = (const struct lj_func *)lj_tv_object(writer->function);
    telling->filler = keep_name(telling, writer->callee, (enum ffisan_builtin)writer->builtin);
    if (lj_tv_type(writer->function) != LJ_GCT_FUNC || writer->callers[0].link == 0 ||
        !ffisan_heap_find(&state->heap, (uintptr_t)function, &ref) ||
        ffisan_slot_state(&ref) != FFISAN_SLOT_LIVE || function->gct != LJ_GCT_FUNC ||
        function->ffid != 0)
        return;
    struct ffisan_luaframe frame = {
        .proto = (const struct lj_proto *)(function->pc - sizeof(struct lj_proto)),
        .pc = writer->callers[0].link - 4,
        .called_by_lua = true};
    struct ffisan_frame *out = &telling->scratch->frames[0];
    telling->filled.n_frames = ffisan_stacks_resolve(state->stacks, &frame, 1, out, 1);
    telling->filled.frames = out;
}

/* ---- Why, and the fix ------------------------------------------------------------------------ */

static void add_content(struct ffisan_text *text, const struct ffisan_content *content)
{
    uint32_t n = content->size < SHOWN_BYTES ? content->size : SHOWN_BYTES;
    for (uint32_t i = 0; i < n; i++)
        if (content->bytes[i] == 0)
            n = i;
    ffisan_text_add(text, "\"");
    for (uint32_t i = 0; i < n; i++)
        ffisan_text_add_char(text, content->bytes[i] >= ' ' && content->bytes[i] < 127
                                       ? (char)content->bytes[i]
                                       : '.');
    ffisan_text_add(text, n == SHOWN_BYTES ? "...\"" : "\"");
}

static struct ffisan_stack interrupted_stack(const struct telling *telling)
{
    const struct ffisan_overwriting *seen = telling->seen;
    struct ffisan_stack stack = ffisan_stacks_get(telling->state->stacks, seen->interrupted);
    size_t n = seen->n_above < stack.n_frames ? seen->n_above : stack.n_frames;
    stack.frames += n;
    stack.n_frames -= n;
    return stack;
}

static bool has_text(const struct ffisan_overwriting *seen)
{
    return seen->before.form == FFISAN_CONTENT_TEXT || seen->builtin == FFISAN_BUILTIN_COPY;
}

static void explain_why(struct telling *telling)
{
    struct ffisan_text *text = &telling->scratch->text;
    const struct ffisan_overwriting *seen = telling->seen;
    struct ffisan_stack interrupted = interrupted_stack(telling);
    ffisan_text_add(text, "The buffer was filled");
    if (telling->filler) {
        ffisan_text_add(text, " by ");
        ffisan_text_add(text, telling->filler);
    }
    ffisan_place_add(text, " at ", &telling->filled);
    if (has_text(seen)) {
        ffisan_text_add(text, " with ");
        add_content(text, &seen->before);
    }
    ffisan_text_add(text, ". Then memory was allocated");
    ffisan_place_add(text, " at ", &interrupted);
    ffisan_text_add(text, ", the collector ran a finalizer there, and that put ");
    if (has_text(seen))
        add_content(text, &seen->after);
    else
        ffisan_text_add(text, "something else");
    ffisan_text_add(text, " into the same buffer.");
    if (telling->finding.severity != FFISAN_SEVERITY_WARNING)
        return;
    ffisan_text_add(text, seen->was_read
                              ? " It had been read before, so the new content may be meant."
                              : " If it is meant to have what was written last, this is right.");
}

static void explain(struct telling *telling)
{
    struct ffisan_scratch *scratch = telling->scratch;
    telling->finding.why = ffisan_scratch_string(scratch);
    explain_why(telling);
    ffisan_scratch_end_string(scratch);
    telling->finding.fix = has_text(telling->seen)
                               ? "Finalizers run wherever memory is allocated: give them a buffer "
                                 "of their own, or make "
                                 "a Lua string of the content before anything else is done:\n"
                                 "    local text = ffi.string(buf)"
                               : "Finalizers run wherever memory is allocated: give them a buffer "
                                 "of their own, or copy "
                                 "what is needed into Lua variables before anything else is done.";
}

static void gather(void *argument)
{
    struct telling *telling = argument;
    switch (telling->step++) {
    case 0:
        describe_use(telling);
        break;
    case 1:
        ffisan_moment_describe_memory(telling->state, telling->seen->at, telling->scratch,
                                      &telling->finding);
        break;
    case 2:
        describe_path(telling);
        break;
    case 3:
        describe_overwriting(telling);
        find_filler(telling);
        break;
    case 4:
        explain(telling);
        break;
    }
}

void ffisan_moment_report(struct ffisan_state *state, const struct ffisan_overwriting_use *use)
{
    struct ffisan_quiet quiet;
    if (!ffisan_creport_open(&quiet))
        return;
    struct telling telling = {
        .state = state,
        .use = use,
        .seen = use->overwriting,
        .scratch = ffisan_scratch_begin(),
        .finding = {.severity = use->severity, .kind = FFISAN_KIND_OVERWRITTEN_BUFFER}};
    while (telling.step < N_STEPS)
        ffisan_guard_run(gather, &telling);
    ffisan_creport_close(&quiet, &telling.finding);
}
