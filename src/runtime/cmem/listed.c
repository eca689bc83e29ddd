/* SPDX-License-Identifier: MIT */
#include "runtime/cmem/listed.h"

#include "runtime/cmem/ctraces_fast.h"
#include "runtime/cmem/ledger.h"
#include "runtime/cmem/thread.h"
#include "runtime/cmem/ways.h"
#include "runtime/report/report.h"
#include "runtime/state.h"
#include "runtime/vm/unwinder.h"

void ffisan_listed_doubt(void)
{
    bool is_news = ffisan_ledger_is_on && !ffisan_ledger_is_in_doubt();
    ffisan_ledger_doubt();
    if (is_news)
        ffisan_report_degraded(
            "the program has ways to free memory of C that are not seen: of it, "
            "only what was freed is watched");
}

bool ffisan_listed_is_certain(void)
{
    if (!ffisan_ledger_is_on)
        return true;
    if (!ffisan_ledger_is_in_doubt() && ffisan_ways_any_imported())
        ffisan_listed_doubt();
    return !ffisan_ledger_is_in_doubt();
}

void ffisan_listed_add(void *block, size_t size, size_t asked, uint32_t place)
{
    if (!ffisan_cheap_lock())
        return;
    ffisan_ledger_add(block, size, asked, place);
    ffisan_cheap_unlock();
}

bool ffisan_listed_strike(void *block)
{
    struct ffisan_slot_ref ref;
    if (!ffisan_ledger_is_in_doubt() || !ffisan_ledger_index_may_have((uintptr_t)block) ||
        !ffisan_cheap_lock())
        return false;
    bool found = ffisan_ledger_find_any((uintptr_t)block, &ref) && ref.slot->type != 0 &&
                 ref.block == (uintptr_t)block;
    if (found)
        ffisan_ledger_strike(&ref);
    ffisan_cheap_unlock();
    return found;
}

bool ffisan_listed_take_written(struct ffisan_slot_ref *ret_ref)
{
    if (!ffisan_ledger_is_on || !ffisan_cheap_lock())
        return false;
    bool found = ffisan_ledger_take_written(ret_ref);
    ffisan_cheap_unlock();
    return found;
}

bool ffisan_listed_covers(uintptr_t address)
{
    struct ffisan_slot_ref ref;
    return ffisan_ledger_find(address, &ref) && address - ref.block < ffisan_slot_extent(&ref);
}

bool ffisan_listed_is_searched_apart(uintptr_t place, bool is_brk)
{
    struct ffisan_slot_ref ref;
    return ffisan_listed_covers(place) && (is_brk || !ffisan_cheap_find_live(place, &ref));
}

/* What ends where another allocator's next block begins is not the middle of a block. */
static enum ffisan_cheap_answer look_up_listed(uintptr_t block, struct ffisan_slot_ref *ret_ref)
{
    if (!ffisan_ledger_find_any(block, ret_ref))
        return FFISAN_CHEAP_FOREIGN;
    if (ret_ref->block == block)
        return ret_ref->slot->type != 0 ? FFISAN_CHEAP_DONE : FFISAN_CHEAP_DEAD;
    bool is_inside = block - ret_ref->block < ffisan_slot_size(ret_ref);
    bool is_certain = ret_ref->slot->type == 0 || !ffisan_ledger_is_in_doubt();
    return is_inside && is_certain ? FFISAN_CHEAP_INTERIOR : FFISAN_CHEAP_FOREIGN;
}

/* Outside of our lock: the allocator may call what it likes. */
static bool give_back_rested(size_t budget)
{
    void *blocks[32];
    bool any = false;
    unsigned n;
    do {
        if (!ffisan_cheap_lock())
            return any;
        n = ffisan_ledger_take_rested(budget, blocks, sizeof(blocks) / sizeof(blocks[0]));
        ffisan_cheap_unlock();
        for (unsigned i = 0; i < n; i++)
            ffisan_ledger_give(blocks[i]);
        any |= n > 0;
    } while (n == sizeof(blocks) / sizeof(blocks[0]));
    return any;
}

bool ffisan_listed_give_back(void)
{
    return give_back_rested(0);
}

enum ffisan_cheap_answer ffisan_listed_free(struct ffisan_state *state, void *block,
                                            enum ffisan_cfree_function function, uintptr_t pc,
                                            uintptr_t sp, struct ffisan_slot_ref *ret_ref)
{
    if (!ffisan_ledger_find_any((uintptr_t)block, ret_ref) || ffisan_unwinder_is_caller(pc))
        return FFISAN_CHEAP_FOREIGN;
    if (ffisan_thread.is_busy)
        return FFISAN_CHEAP_BUSY;
    uint32_t trace = ffisan_ctraces_here(state, pc, sp);
    if (!ffisan_cheap_lock())
        return FFISAN_CHEAP_BUSY;
    enum ffisan_cheap_answer answer = look_up_listed((uintptr_t)block, ret_ref);
    if (answer == FFISAN_CHEAP_DONE) {
        ffisan_cheap_note_free(state, ret_ref, function, trace);
        ffisan_ledger_kill(ret_ref);
    }
    ffisan_cheap_unlock();
    if (answer == FFISAN_CHEAP_DONE)
        give_back_rested(ffisan_ledger_budget());
    return answer;
}
