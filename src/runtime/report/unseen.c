/* SPDX-License-Identifier: MIT */
#include "runtime/report/unseen.h"

#include "runtime/cmem/creport.h"
#include "runtime/fault/guard.h"
#include "runtime/report/describe.h"
#include "runtime/report/stores.h"
#include "runtime/state.h"

struct unseen {
    const struct ffisan_standin *standin;
    struct ffisan_scratch *scratch;
    struct ffisan_finding finding;
};

static void gather(void *argument)
{
    struct unseen *unseen = argument;
    const struct ffisan_standin *standin = unseen->standin;
    struct ffisan_described_block block = {.content = standin->block,
                                           .size = standin->size,
                                           .type = standin->type,
                                           .made = standin->made};
    int64_t header = (int64_t)ffisan_describe_header(&block);
    ffisan_describe_block(standin->state, &block, header, unseen->scratch, &unseen->finding);
    const struct ffisan_holder *holder = &standin->holders[0];
    const struct ffisan_stored what = {.block = standin->block, .made = standin->made};
    ffisan_stores_describe(standin->state, &what, &holder, standin->n_holders > 0, unseen->scratch,
                           &unseen->finding);
    if (standin->n_holders > 0)
        ffisan_describe_holder(standin->state, holder, true, unseen->scratch, &unseen->finding);
    ffisan_explain(unseen->scratch, &unseen->finding);
}

void ffisan_unseen_report(const struct ffisan_standin *standin)
{
    ffisan_creport_begin();
    struct unseen unseen = {.standin = standin, .scratch = ffisan_scratch_begin()};
    struct ffisan_finding *finding = &unseen.finding;
    finding->severity = FFISAN_SEVERITY_ERROR;
    finding->kind = FFISAN_KIND_USE_AFTER_COLLECT;
    finding->use.access = FFISAN_ACCESS_WRITE;
    finding->holder.kind = FFISAN_HOLDER_STACK;
    finding->collected.cycle = standin->cycle;
    finding->collected.stack = ffisan_stacks_get(standin->state->stacks, standin->cycle_stack);
    if (!ffisan_guard_run(gather, &unseen))
        return;
    if (standin->n_holders == 0)
        finding->why =
            "C code wrote there after the collector had freed it: the content changed "
            "between two cycles, and the address is on the stack of C code, of this "
            "thread or another, or in a number. That is no reference: the collector "
            "does not see it.";
    ffisan_report(finding);
}
