/* SPDX-License-Identifier: MIT */
#include "runtime/bounds/arguments.h"

#include "runtime/audit/strings.h"
#include "runtime/bounds/due.h"
#include "runtime/bounds/extent.h"
#include "runtime/cmem/cheap.h"
#include "runtime/ffi/builtins.h"
#include "runtime/report/damage.h"
#include "runtime/state.h"
#include "runtime/vm/cstack.h"

#include <string.h>

/* The first string among the arguments: what it was. */
static void keep_text(struct ffisan_builtin_kept *kept, const struct ffisan_slot_ref *ref)
{
    const struct lj_str *string = (const struct lj_str *)ref->block;
    if (kept->n_text > 0)
        return;
    kept->text_block = ref->block;
    kept->n_text = string->len < sizeof(kept->text) ? string->len : sizeof(kept->text);
    memcpy(kept->text, string->data, kept->n_text);
}

static struct ffisan_running_call frame_of(const struct ffisan_builtin_call *call)
{
    const struct lj_thread *thread = (const struct lj_thread *)call->L;
    return (struct ffisan_running_call){.call = call,
                                        .L = call->L,
                                        .base_offset = thread->base - thread->stack,
                                        .function = ((const uint64_t *)thread->base)[-2]};
}

/* Is the block still there?  What a callback has freed was looked at then. */
static bool find_block(struct ffisan_state *state, uintptr_t block,
                       struct ffisan_extent *ret_extent)
{
    ret_extent->is_c = ffisan_cheap_find_live(block, &ret_extent->ref);
    return ret_extent->is_c || (ffisan_heap_find(&state->heap, block, &ret_extent->ref) &&
                                ffisan_slot_state(&ret_extent->ref) == FFISAN_SLOT_LIVE);
}

static bool check_redzone(struct ffisan_state *state, const struct ffisan_extent *extent)
{
    return extent->is_c ? ffisan_cheap_check(&extent->ref)
                        : ffisan_heap_check_redzone(&state->heap, &extent->ref);
}

static void before_call(const struct ffisan_builtin_call *call)
{
    struct ffisan_state *state = call->state;
    struct ffisan_builtin_kept *kept = call->kept;
    if (!ffisan_due(call))
        return;
    ffisan_state_classify_pending(state);
    size_t n_values = ffisan_builtin_n_values(call);
    bool is_intact = true;
    for (size_t i = 1; i < n_values && kept->n_blocks < FFISAN_BUILTIN_KEPT; i++) {
        struct ffisan_extent extent;
        if (!ffisan_extent_find(state, ffisan_extent_address(call, i), &extent) ||
            extent.ref.slot->is_damaged)
            continue;
        is_intact &= check_redzone(state, &extent);
        kept->blocks[kept->n_blocks++] = extent.ref.block;
        if (!extent.is_c && ffisan_strings_look_at(&state->heap, &extent.ref))
            keep_text(kept, &extent.ref);
    }
    if (!is_intact)
        ffisan_damage_report(state, NULL);
    if (kept->n_blocks == 0)
        return;
    kept->outer = state->running_call;
    state->running_call = frame_of(call);
}

static const char *name_of_function(const struct ffisan_builtin_call *call)
{
    uint16_t ctypeid;
    uintptr_t address;
    struct ffisan_cframe frame;
    const void *payload = ffisan_builtin_cdata(call, 0, &ctypeid);
    if (!payload)
        return NULL;
    memcpy(&address, payload, sizeof(address));
    return ffisan_cstack_symbol(address, &frame) ? frame.function : NULL;
}

static void check_blocks(const struct ffisan_builtin_call *call)
{
    struct ffisan_state *state = call->state;
    const struct ffisan_builtin_kept *kept = call->kept;
    struct ffisan_culprit culprit = {0};
    bool is_intact = true;
    for (unsigned i = 0; i < kept->n_blocks; i++) {
        struct ffisan_extent extent;
        if (!find_block(state, kept->blocks[i], &extent))
            continue;
        is_intact &= check_redzone(state, &extent);
        if (extent.is_c || ffisan_seal_check(&state->heap, &extent.ref, FFISAN_STRINGS_SKIP))
            continue;
        is_intact = false;
        if (kept->text_block != extent.ref.block)
            continue;
        culprit.before = kept->text;
        culprit.n_before = kept->n_text;
    }
    if (is_intact)
        return;
    culprit.function = name_of_function(call);
    ffisan_damage_report(state, &culprit);
}

static void after_call(const struct ffisan_builtin_call *call)
{
    if (call->kept->n_blocks == 0)
        return;
    check_blocks(call);
    call->state->running_call = call->kept->outer;
}

/*
 * An error can have ended the call that is noted as the running one.  Then another function has its
 * place on the stack, or the same one again, and that has put itself down here.
 */
void ffisan_arguments_check_running(struct ffisan_state *state, const lua_State *L)
{
    enum { FRAME_TYPE = 3, FRAME_C = 1 }; /* lj_frame.h */
    const struct ffisan_running_call *running = &state->running_call;
    const struct lj_thread *thread = (const struct lj_thread *)L;
    uint64_t link = ((const uint64_t *)thread->base)[-1];
    uint64_t caller = thread->base - (link & ~UINT64_C(7));
    if (running->call && running->L == L && (link & FRAME_TYPE) == FRAME_C &&
        caller - thread->stack == running->base_offset &&
        ((const uint64_t *)caller)[-2] == running->function)
        check_blocks(running->call);
}

void ffisan_arguments_watch(void)
{
    ffisan_builtins_watch(FFISAN_BUILTIN_CDATA_CALL, before_call, after_call);
}
