/* SPDX-License-Identifier: MIT */
#include "runtime/cmem/creport.h"
#include "runtime/cmem/position.h"
#include "runtime/fault/guard.h"
#include "runtime/ffi/reentry.h"
#include "runtime/report/describe.h"
#include "runtime/report/place.h"
#include "runtime/report/source.h"
#include "runtime/state.h"
#include "runtime/vm/cstack.h"

#include <string.h>

#define N_STEPS 4

struct telling {
    const struct ffisan_builtin_call *call;
    const struct ffisan_reentry *reentry;
    struct ffisan_stack outer; /* where the waiting function was called; may be empty */
    struct ffisan_scratch *scratch;
    struct ffisan_finding finding;
    unsigned step;
};

/* Where the waiting function was called. */
static void find_outer(struct telling *telling)
{
    struct ffisan_state *state = telling->call->state;
    uint64_t link = telling->reentry->outer_link;
    struct ffisan_slot_ref ref;
    if (!ffisan_heap_find(&state->heap, link, &ref))
        return;
    struct ffisan_luaframe frame = {
        .proto = (const struct lj_proto *)ref.block, .pc = link - 4, .called_by_lua = true};
    telling->outer.frames = &telling->scratch->frames[0];
    if (frame.proto->gct == LJ_GCT_PROTO)
        telling->outer.n_frames =
            ffisan_stacks_resolve(state->stacks, &frame, 1, &telling->scratch->frames[0], 1);
}

/* From there on it is the stack that runs now. */
static struct ffisan_stack outer_stack(struct telling *telling, struct ffisan_stack stack)
{
    const struct ffisan_frame *outer = telling->outer.frames;
    for (size_t i = 0; telling->outer.n_frames > 0 && i < stack.n_frames; i++)
        if (stack.frames[i].line == outer->line && stack.frames[i].file && outer->file &&
            strcmp(stack.frames[i].file, outer->file) == 0)
            return (struct ffisan_stack){.n_frames = stack.n_frames - i,
                                         .frames = stack.frames + i};
    return telling->outer;
}

static void describe_use(struct telling *telling)
{
    struct ffisan_state *state = telling->call->state;
    struct ffisan_finding *finding = &telling->finding;
    find_outer(telling);
    finding->freed.stack = ffisan_stacks_get(state->stacks, ffisan_moment_stack(state));
    finding->use.access = FFISAN_ACCESS_CALL;
    finding->use.function = ffisan_describe_symbol(telling->scratch, telling->reentry->outer);
    finding->use.stack = outer_stack(telling, finding->freed.stack);
    if (finding->use.stack.n_frames == 0)
        return;
    const struct ffisan_frame *frame = &finding->use.stack.frames[0];
    const char *source = ffisan_scratch_string(telling->scratch);
    bool found = ffisan_source_line(frame->file, frame->line, &telling->scratch->text);
    ffisan_scratch_end_string(telling->scratch);
    finding->use.source = found ? source : NULL;
}

static void describe_finalizer(struct telling *telling)
{
    struct ffisan_state *state = telling->call->state;
    struct ffisan_finding *finding = &telling->finding;
    struct ffisan_finalized finalized = ffisan_position_finalized(state);
    finding->freed.function = ffisan_describe_symbol(telling->scratch, telling->reentry->callee);
    finding->freed.finalizer_made = ffisan_stacks_get(state->stacks, finalized.made);
    if (finalized.ctype == FFISAN_FINALIZER_OF_USERDATA)
        finding->freed.finalizer = "userdata";
    if (finalized.ctype == 0 || finding->freed.finalizer)
        return;
    finding->freed.finalizer = ffisan_scratch_string(telling->scratch);
    ffisan_ctype_object_name(&state->vm, finalized.ctype, 0, &telling->scratch->text);
    ffisan_scratch_end_string(telling->scratch);
}

/* "libfoo.so" */
static void add_library(struct ffisan_text *text, uintptr_t address)
{
    struct ffisan_cframe frame;
    if (!ffisan_cstack_symbol(address, &frame) || !frame.module)
        return;
    ffisan_text_add(text, " of ");
    ffisan_text_add(text, frame.module);
}

static void explain(struct telling *telling)
{
    struct ffisan_text *text = &telling->scratch->text;
    const struct ffisan_reentry *reentry = telling->reentry;
    const char *outer = telling->finding.use.function;
    telling->finding.why = ffisan_scratch_string(telling->scratch);
    ffisan_text_add(text, outer ? outer : "A function");
    add_library(text, reentry->outer);
    ffisan_place_add(text, ", called at ", &telling->outer);
    ffisan_text_add(text, reentry->was_handed_back
                              ? ", is at work on the object: it has handed it to a callback"
                              : ", is at work on the object: it was given it");
    ffisan_text_add(text,
                    " and has not returned. Nothing in Lua referred to what has the finalizer "
                    "any more, so the collector ran it when the callback allocated memory. If "
                    "the library allows this call in a callback, it does no harm.");
    ffisan_scratch_end_string(telling->scratch);
    telling->finding.fix =
        "Keep the object that has the finalizer in a Lua variable or table until the C function "
        "has returned.";
}

static void gather(void *argument)
{
    struct telling *telling = argument;
    struct ffisan_state *state = telling->call->state;
    switch (telling->step++) {
    case 0:
        describe_use(telling);
        break;
    case 1:
        ffisan_moment_describe_memory(state, telling->reentry->at, telling->scratch,
                                      &telling->finding);
        break;
    case 2:
        describe_finalizer(telling);
        break;
    case 3:
        explain(telling);
        break;
    }
}

void ffisan_reentry_report(const struct ffisan_builtin_call *call,
                           const struct ffisan_reentry *reentry)
{
    struct ffisan_quiet quiet;
    if (!ffisan_creport_open(&quiet))
        return;
    struct telling telling = {
        .call = call,
        .reentry = reentry,
        .scratch = ffisan_scratch_begin(),
        .finding = {.severity = FFISAN_SEVERITY_WARNING, .kind = FFISAN_KIND_REENTERED_LIBRARY}};
    while (telling.step < N_STEPS)
        ffisan_guard_run(gather, &telling);
    ffisan_creport_close(&quiet, &telling.finding);
}
