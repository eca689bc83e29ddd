/* SPDX-License-Identifier: MIT */
#include "runtime/report/dangling.h"

#include "runtime/cmem/creport.h"
#include "runtime/fault/guard.h"
#include "runtime/report/describe.h"
#include "runtime/report/stores.h"
#include "runtime/state.h"

struct warning {
    const struct ffisan_standin *standin;
    struct ffisan_scratch *scratch;
    struct ffisan_finding finding;
};

static void gather(void *argument)
{
    struct warning *warning = argument;
    const struct ffisan_standin *standin = warning->standin;
    const struct ffisan_holder *holder = &standin->holders[0];
    struct ffisan_described_block block = {.content = standin->block,
                                           .size = standin->size,
                                           .type = standin->type,
                                           .made = standin->made};
    uint64_t pointer;
    memcpy(&pointer, (const void *)(holder->payload + holder->offset), sizeof(pointer));
    ffisan_describe_block(standin->state, &block, (int64_t)(pointer - standin->base),
                          warning->scratch, &warning->finding);
    const struct ffisan_stored what = {.block = standin->block, .made = standin->made};
    ffisan_stores_describe(standin->state, &what, &holder, 1, warning->scratch, &warning->finding);
    ffisan_describe_holder(standin->state, holder, true, warning->scratch, &warning->finding);
    ffisan_explain(warning->scratch, &warning->finding);
}

void ffisan_dangling_report(const struct ffisan_standin *standin)
{
    if (standin->n_holders == 0)
        return; /* evidence only */
    ffisan_creport_begin();
    struct warning warning = {.standin = standin, .scratch = ffisan_scratch_begin()};
    struct ffisan_finding *finding = &warning.finding;
    finding->severity = FFISAN_SEVERITY_WARNING;
    finding->kind = FFISAN_KIND_DANGLING_POINTER;
    finding->collected.cycle = standin->cycle;
    finding->collected.stack = ffisan_stacks_get(standin->state->stacks, standin->cycle_stack);
    if (ffisan_guard_run(gather, &warning))
        ffisan_report(finding);
}
