/* SPDX-License-Identifier: MIT */
#include "runtime/report/crash.h"

#include "runtime/cmem/cheap.h"
#include "runtime/cmem/creport.h"
#include "runtime/fault/guard.h"
#include "runtime/report/describe.h"
#include "runtime/report/place.h"
#include "runtime/report/report.h"
#include "runtime/state.h"

struct crash {
    uintptr_t address;
    struct ffisan_scratch *scratch;
    struct ffisan_finding finding;
    bool is_known;
};

static void find_lua_block(struct crash *crash)
{
    struct ffisan_slot_ref ref;
    struct ffisan_state *state = ffisan_state_owning(crash->address);
    if (!state || !ffisan_heap_find(&state->heap, crash->address, &ref) ||
        ref.span->group == FFISAN_GROUP_INTERNAL)
        return;
    const struct ffisan_described_block block = {.content = ref.block,
                                                 .size = ffisan_slot_size(&ref),
                                                 .type = ref.slot->type,
                                                 .made = ref.slot->stack};
    ffisan_describe_block(state, &block, (int64_t)(crash->address - ref.block), crash->scratch,
                          &crash->finding);
    crash->is_known = true;
}

static void find_block(void *argument)
{
    struct crash *crash = argument;
    struct ffisan_slot_ref ref;
    if (!ffisan_cheap_find(crash->address, &ref)) {
        find_lua_block(crash);
        return;
    }
    crash->finding.block.type = "C memory";
    crash->finding.block.size_bytes = ffisan_slot_size(&ref);
    crash->finding.block.offset = (int64_t)(crash->address - ref.block);
    ffisan_creport_begin();
    crash->finding.block.made = ffisan_creport_stack(ref.slot->stack, NULL, NULL);
    crash->is_known = true;
}

static void say(const struct crash *crash)
{
    char data[512];
    struct ffisan_text text;
    ffisan_text_init(&text, data, sizeof(data));
    ffisan_text_add(&text, "the program crashes at an address that lies ");
    ffisan_text_add_signed(&text, crash->finding.block.offset);
    ffisan_text_add(&text, " bytes into ");
    ffisan_text_add(&text, crash->finding.block.type);
    ffisan_text_add(&text, " of ");
    ffisan_text_add_unsigned(&text, crash->finding.block.size_bytes);
    ffisan_text_add(&text, " bytes");
    ffisan_place_add(&text, ", created at ", &crash->finding.block.made);
    ffisan_report_note(data);
}

void ffisan_crash_note(uintptr_t address)
{
    struct crash crash = {.address = address};
    if (!ffisan_cheap_may_have(address) || !ffisan_lock_take(&ffisan_runtime.lock))
        return;
    crash.scratch = ffisan_scratch_begin();
    if (ffisan_guard_run(find_block, &crash) && crash.is_known)
        say(&crash);
    ffisan_lock_give(&ffisan_runtime.lock);
}
