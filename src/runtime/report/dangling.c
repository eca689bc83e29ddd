/* SPDX-License-Identifier: MIT */
#include "runtime/report/dangling.h"

#include "runtime/cmem/creport.h"
#include "runtime/fault/guard.h"
#include "runtime/report/describe.h"
#include "runtime/report/stores.h"
#include "runtime/state.h"

#include <string.h>

struct telling {
    const struct ffisan_standin *standin;
    struct ffisan_scratch *scratch;
    struct ffisan_finding finding;
};

/* Where in the block the first holder leads to, or the start of the content. */
static int64_t offset_in(const struct ffisan_standin *standin,
                         const struct ffisan_described_block *block)
{
    const struct ffisan_holder *holder = &standin->holders[0];
    uint64_t pointer = 0;
    if (standin->n_holders > 0)
        memcpy(&pointer, (const void *)(holder->payload + holder->offset), sizeof(pointer));
    return pointer - standin->base < standin->extent ? (int64_t)(pointer - standin->base)
                                                     : (int64_t)ffisan_describe_header(block);
}

static void gather(void *argument)
{
    struct telling *telling = argument;
    const struct ffisan_standin *standin = telling->standin;
    const struct ffisan_holder *holder = &standin->holders[0];
    const struct ffisan_stored what = {.block = standin->block, .made = standin->made};
    const struct ffisan_described_block block = {.content = standin->block,
                                                 .size = standin->size,
                                                 .type = standin->type,
                                                 .made = standin->made};
    ffisan_describe_block(standin->state, &block, offset_in(standin, &block), telling->scratch,
                          &telling->finding);
    ffisan_stores_describe(standin->state, &what, &holder, standin->n_holders > 0, telling->scratch,
                           &telling->finding);
    if (standin->n_holders > 0)
        ffisan_describe_holder(standin->state, holder, true, telling->scratch, &telling->finding);
    ffisan_explain(telling->scratch, &telling->finding);
}

/* False when the memory could not be read that it takes. */
static bool begin(struct telling *telling, const struct ffisan_standin *standin)
{
    struct ffisan_finding *finding = &telling->finding;
    ffisan_creport_begin();
    telling->standin = standin;
    telling->scratch = ffisan_scratch_begin();
    finding->collected.cycle = standin->cycle;
    finding->collected.stack = ffisan_stacks_get(standin->state->stacks, standin->cycle_stack);
    return ffisan_guard_run(gather, telling);
}

void ffisan_dangling_report(const struct ffisan_standin *standin)
{
    struct telling telling = {
        .finding = {.severity = FFISAN_SEVERITY_WARNING, .kind = FFISAN_KIND_DANGLING_POINTER}};
    if (standin->n_holders > 0 && begin(&telling, standin)) /* else it is evidence only */
        ffisan_report(&telling.finding);
}

/* Nothing that could be re-aimed leads there: evidence only. */
static const char *why_written(bool is_in_kernel)
{
    return is_in_kernel
               ? "The kernel or C code wrote there after the collector had freed it: the content "
                 "changed between two cycles, and the kernel has the address, given with a system "
                 "call that waits, or as a timer's value or a stack for signals. That is no "
                 "reference: the collector does not see it."
               : "C code wrote there after the collector had freed it: the content changed between "
                 "two cycles, and the address is on the stack of C code, of this thread or "
                 "another, "
                 "or in a number. That is no reference: the collector does not see it.";
}

void ffisan_dangling_report_written(const struct ffisan_standin *standin)
{
    bool is_in_kernel = standin->n_holders == 0 && standin->seen_in == FFISAN_HOLDER_KERNEL;
    struct telling telling = {
        .finding = {.severity = FFISAN_SEVERITY_ERROR,
                    .kind = FFISAN_KIND_USE_AFTER_COLLECT,
                    .use.access = FFISAN_ACCESS_WRITE,
                    .holder.kind = is_in_kernel ? FFISAN_HOLDER_KERNEL : FFISAN_HOLDER_STACK}};
    if (!begin(&telling, standin))
        return;
    if (standin->n_holders == 0)
        telling.finding.why = why_written(is_in_kernel);
    ffisan_report(&telling.finding);
}
