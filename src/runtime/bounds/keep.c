/* SPDX-License-Identifier: MIT */
#include "runtime/bounds/keep.h"

#include "runtime/audit/strings.h"
#include "runtime/cmem/cheap.h"
#include "runtime/report/damage.h"
#include "runtime/state.h"

#include <string.h>

/* The first string among the blocks: what it was. */
static void keep_text(struct ffisan_builtin_kept *kept, const struct ffisan_slot_ref *ref)
{
    const struct lj_str *string = (const struct lj_str *)ref->block;
    if (kept->n_text > 0)
        return;
    kept->text_block = ref->block;
    kept->n_text = string->len < sizeof(kept->text) ? string->len : sizeof(kept->text);
    memcpy(kept->text, string->data, kept->n_text);
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

static bool is_string(const struct ffisan_extent *extent)
{
    return !extent->is_c && (extent->ref.slot->type & FFISAN_SLOT_TYPE_MASK) == LJ_GCT_STR;
}

static bool has_room(const struct ffisan_builtin_kept *kept, uintptr_t block)
{
    for (unsigned i = 0; i < kept->n_blocks; i++)
        if (kept->blocks[i] == block)
            return false;
    return kept->n_blocks < FFISAN_BUILTIN_KEPT;
}

void ffisan_keep_block(const struct ffisan_builtin_call *call, const struct ffisan_extent *extent)
{
    struct ffisan_state *state = call->state;
    struct ffisan_builtin_kept *kept = call->kept;
    if (extent->ref.slot->is_damaged || !has_room(kept, extent->ref.block))
        return;
    bool is_intact = check_redzone(state, extent);
    kept->blocks[kept->n_blocks++] = extent->ref.block;
    if (is_string(extent) && ffisan_strings_look_at(&state->heap, &extent->ref))
        keep_text(kept, &extent->ref);
    if (!is_intact || state->heap.n_damage > 0)
        ffisan_damage_report(state, NULL);
}

void ffisan_keep_string(const struct ffisan_builtin_call *call, const struct ffisan_extent *extent)
{
    if (is_string(extent))
        ffisan_keep_block(call, extent);
}

void ffisan_keep_compare(const struct ffisan_builtin_call *call,
                         const char *(*name)(const struct ffisan_builtin_call *call))
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
    culprit.function = name ? name(call) : NULL;
    ffisan_damage_report(state, &culprit);
}
