/* SPDX-License-Identifier: MIT */
#include "runtime/cmem/leaks_report.h"

#include "runtime/cmem/cholder.h"
#include "runtime/cmem/creport.h"
#include "runtime/cmem/ctraces.h"
#include "runtime/fault/guard.h"
#include "runtime/report/describe.h"
#include "runtime/report/explain_memory.h"
#include "runtime/report/place.h"
#include "runtime/state.h"

struct telling {
    struct ffisan_state *state;
    const struct ffisan_leak *leak;
    struct ffisan_scratch *scratch;
    struct ffisan_finding finding;
};

/* It has died in an earlier one. */
static void describe_noted_holder(struct telling *telling)
{
    struct ffisan_finding *finding = &telling->finding;
    struct ffisan_state *state = telling->state;
    struct ffisan_slot_ref ref;
    if (!ffisan_cheap_find_live(telling->leak->block, &ref))
        return;
    const struct ffisan_cnote *note = ffisan_cheap_note(&ref);
    if (!note || note->freed || !note->finalizer_ctype)
        return;
    finding->holder.kind = FFISAN_HOLDER_CDATA;
    finding->holder.type = ffisan_scratch_string(telling->scratch);
    ffisan_ctype_object_name(&state->vm, note->finalizer_ctype, 8, &telling->scratch->text);
    ffisan_scratch_end_string(telling->scratch);
    finding->holder.made = ffisan_stacks_get(state->stacks, note->finalizer_made);
    finding->block.type = ffisan_cholder_target(telling->scratch, finding->holder.type);
}

/* The cdata that led there died in this cycle, and is as it was. */
static void describe_holder(void *argument)
{
    struct telling *telling = argument;
    struct ffisan_finding *finding = &telling->finding;
    const struct ffisan_leak *leak = telling->leak;
    struct ffisan_state *state = telling->state;
    struct ffisan_holder holder;
    const struct ffisan_cholder_aim aim = {
        .start = leak->block, .size = leak->size ? leak->size : 1, .address = leak->block};
    if (!ffisan_cholder_find_dead(state, &aim, &holder)) {
        describe_noted_holder(telling);
        return;
    }
    ffisan_describe_holder(state, &holder, false, telling->scratch, finding);
    if (!finding->holder.field)
        finding->block.type = ffisan_cholder_target(telling->scratch, finding->holder.type);
    finding->collected.cycle = state->cycle;
    finding->collected.stack = ffisan_stacks_get(state->stacks, state->cycle_stack);
}

static void describe_rest(void *argument)
{
    struct telling *telling = argument;
    telling->finding.block.made = ffisan_creport_stack(telling->leak->made, NULL, NULL);
    ffisan_explain_memory(telling->scratch, &telling->finding, false);
}

void ffisan_leaks_report(struct ffisan_state *state, const struct ffisan_leak *leak)
{
    struct telling telling = {.state = state, .leak = leak, .scratch = ffisan_scratch_begin()};
    ffisan_creport_begin();
    telling.finding.severity = FFISAN_SEVERITY_LEAK;
    telling.finding.kind = FFISAN_KIND_LEAK;
    telling.finding.block.kind = FFISAN_BLOCK_MALLOC;
    telling.finding.block.size_bytes = leak->size;
    ffisan_guard_run(describe_holder, &telling);
    ffisan_guard_run(describe_rest, &telling);
    ffisan_report(&telling.finding);
}

#define LISTED 10

/* The place that lost most among those that lost less than `limit`, or as much and come later. */
static uint32_t next_in_list(uint64_t limit, uint32_t after)
{
    uint32_t best = 0;
    uint64_t best_bytes = 0;
    for (uint32_t i = 1; i < ffisan_ctraces_end(); i++) {
        const struct ffisan_ctrace *trace = ffisan_ctraces_get(i);
        bool is_later = trace->lost_bytes < limit || (trace->lost_bytes == limit && i > after);
        if (trace->n_lost > 1 && trace->n_lost > trace->n_listed && is_later &&
            trace->lost_bytes > best_bytes) {
            best = i;
            best_bytes = trace->lost_bytes;
        }
    }
    return best;
}

void ffisan_leaks_list(void)
{
    char data[512];
    struct ffisan_text text;
    uint64_t limit = UINT64_MAX;
    uint32_t number = 0;
    for (unsigned n = 0; n < LISTED && (number = next_in_list(limit, number)) != 0; n++) {
        const struct ffisan_ctrace *trace = ffisan_ctraces_get(number);
        limit = trace->lost_bytes;
        ffisan_ctraces_listed(number);
        ffisan_text_init(&text, data, sizeof(data));
        ffisan_text_add(&text, "lost in all: ");
        ffisan_text_add_unsigned(&text, trace->lost_bytes);
        ffisan_text_add(&text, " bytes in ");
        ffisan_text_add_unsigned(&text, trace->n_lost);
        ffisan_text_add(&text, " blocks");
        ffisan_creport_begin();
        struct ffisan_stack stack = ffisan_creport_stack(number, NULL, NULL);
        ffisan_place_add(&text, " allocated at ", &stack);
        ffisan_report_note(data);
    }
}
