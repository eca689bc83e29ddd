/* SPDX-License-Identifier: MIT */
#include "runtime/cmem/captured_report.h"

#include "runtime/cmem/cholder.h"
#include "runtime/cmem/creport.h"
#include "runtime/fault/guard.h"
#include "runtime/report/describe.h"
#include "runtime/report/explain_memory.h"
#include "runtime/state.h"

struct telling {
    struct ffisan_state *state;
    struct ffisan_captured *captured;
    const struct ffisan_captured_group *group;
    struct ffisan_scratch *scratch;
    struct ffisan_finding finding;
};

/* A pointer is the holder of what it leads to; anything else is itself the memory. */
static void describe_object(void *argument)
{
    struct telling *telling = argument;
    struct ffisan_state *state = telling->state;
    struct ffisan_finding *finding = &telling->finding;
    const struct lj_cdata *cdata = (const struct lj_cdata *)telling->group->one->cdata;
    uintptr_t payload = (uintptr_t)cdata->payload, target;
    struct ffisan_slot_ref ref, c_ref;
    if (!ffisan_heap_find(&state->heap, payload, &ref))
        return;
    size_t size = ffisan_slot_size(&ref);
    if (!ffisan_ctype_is_pointer(&state->vm, cdata->ctypeid, NULL)) {
        struct ffisan_described_block block = {ref.block, size, LJ_GCT_CDATA, ref.slot->stack};
        ffisan_describe_block(state, &block, (int64_t)(payload - ref.block), telling->scratch,
                              finding);
        return;
    }
    struct ffisan_holder holder = {.block = ref.block,
                                   .header = (uintptr_t)cdata,
                                   .payload = payload,
                                   .ctypeid = cdata->ctypeid,
                                   .size = (uint32_t)(ref.block + size - payload),
                                   .made = ref.slot->stack,
                                   .kind = FFISAN_HOLDER_CDATA};
    ffisan_describe_holder(state, &holder, false, telling->scratch, finding);
    memcpy(&target, (const void *)payload, sizeof(target));
    if (!ffisan_cheap_find_live(target, &c_ref))
        return;
    finding->block.kind = FFISAN_BLOCK_MALLOC;
    finding->block.size_bytes = ffisan_slot_size(&c_ref);
    finding->block.offset = (int64_t)(target - c_ref.block);
    finding->block.made = ffisan_creport_stack(c_ref.slot->stack, NULL, NULL);
    if (finding->block.offset == 0)
        finding->block.type = ffisan_cholder_target(telling->scratch, finding->holder.type);
}

static void describe_way(void *argument)
{
    struct telling *telling = argument;
    const char *path = ffisan_scratch_string(telling->scratch);
    bool found =
        ffisan_captured_add_path(telling->captured, telling->group->one, &telling->scratch->text);
    ffisan_scratch_end_string(telling->scratch);
    telling->finding.holder.path = found ? path : NULL;
}

static void explain(void *argument)
{
    struct telling *telling = argument;
    ffisan_explain_captured(telling->scratch, &telling->finding, telling->group->n);
}

void ffisan_captured_report(struct ffisan_state *state, struct ffisan_captured *captured,
                            const struct ffisan_captured_group *group)
{
    struct telling telling = {.state = state,
                              .captured = captured,
                              .group = group,
                              .scratch = ffisan_scratch_begin(),
                              .finding = {.severity = FFISAN_SEVERITY_LEAK,
                                          .kind = FFISAN_KIND_LEAK,
                                          .title = "memory is held for ever: its finalizer "
                                                   "refers to its own object"}};
    ffisan_creport_begin();
    ffisan_guard_run(describe_object, &telling);
    ffisan_guard_run(describe_way, &telling);
    ffisan_guard_run(explain, &telling);
    ffisan_report(&telling.finding);
}
