/* SPDX-License-Identifier: MIT */
/*
 * For each live cdata its C type says where addresses can lie.  A word that leads into a block that
 * is dead makes that block held, gets it a stand-in, and is re-aimed; a word that leads to a
 * stand-in shows that it is still needed.  8-byte integers and bytes are evidence: they keep the
 * block from reuse and are never written.
 */
#include "runtime/audit/audit.h"

#include "runtime/audit/csearch.h"
#include "runtime/audit/lead.h"
#include "runtime/audit/strings.h"
#include "runtime/cmem/captured.h"
#include "runtime/cmem/cheap.h"
#include "runtime/cmem/creport.h"
#include "runtime/cmem/ctraces.h"
#include "runtime/cmem/leaks.h"
#include "runtime/cmem/thread.h"
#include "runtime/fault/guard.h"
#include "runtime/ffi/callbacks.h"
#include "runtime/ffi/results.h"
#include "runtime/heap/fast.h"
#include "runtime/heap/redzone.h"
#include "runtime/renew.h"
#include "runtime/report/damage.h"
#include "runtime/report/dangling.h"
#include "runtime/state.h"

#include <string.h>
#include <time.h>

static void look_at_word(struct ffisan_audit *audit, size_t offset, enum ffisan_slot_kind kind,
                         struct ffisan_holder *holder)
{
    uint64_t word;
    memcpy(&word, (const void *)(holder->payload + offset), sizeof(word));
    if (ffisan_lead_is_one(audit, word)) {
        if (kind == FFISAN_SLOT_INTEGER && holder->is_disguise)
            kind = FFISAN_SLOT_POINTER;
        holder->offset = (uint32_t)offset;
        ffisan_lead_follow(audit, word, kind, holder);
    }
}

/*
 * Types without a map, and packed ones, whose pointers lie at any offset: asks for each word that
 * leads somewhere interesting.
 */
static void search_slowly(struct ffisan_audit *audit, struct ffisan_holder *holder, size_t step)
{
    for (size_t offset = 0; offset + 8 <= holder->size; offset += step) {
        uint64_t word;
        memcpy(&word, (const void *)(holder->payload + offset), sizeof(word));
        if (!ffisan_lead_is_one(audit, word))
            continue;
        enum ffisan_slot_kind kind =
            ffisan_ctype_slot(&audit->holders->vm, holder->ctypeid, holder->size, offset);
        bool is_declared = kind == FFISAN_SLOT_POINTER || kind == FFISAN_SLOT_FUNCTION;
        if (kind != FFISAN_SLOT_OTHER && (is_declared || offset % 4 == 0))
            look_at_word(audit, offset, kind, holder);
    }
}

/* Holders of up to so many bytes are looked at word by word at once. */
#define SMALL_HOLDER 32u

static void search_by_map(struct ffisan_audit *audit, struct ffisan_holder *holder,
                          const struct ffisan_ctype_map *map)
{
    unsigned i = 0, repeat = map->tail / 8;
    audit->state->audit.n_words += holder->size / 8;
    if (holder->size > SMALL_HOLDER && !ffisan_lead_is_any(audit, holder->payload, holder->size))
        return;
    for (size_t offset = 0; offset + 8 <= holder->size; offset += 8) {
        if (map->kinds[i] != FFISAN_SLOT_OTHER)
            look_at_word(audit, offset, (enum ffisan_slot_kind)map->kinds[i], holder);
        if (++i == map->n_slots)
            i = repeat;
    }
}

/* Allocations that must have happened for each that an audit costs as much as. */
#define COST_FACTOR 4
#define CHEAP_AUDIT 640u    /* not worth saving, however often the program collects */
#define CHEAP_NATURAL 2048u /* allocations that even such a one takes where speed was asked for */
#define COST_OF_ANY 160u    /* what an audit that finds nothing to look at costs */
/* A word that leads nowhere costs so much less than an allocation. */
#define WORDS_PER_ALLOCATION 16
#define HOLDERS_PER_ALLOCATION 2 /* their books are read, even if there is no word to follow */

/* Evidence is looked for in small objects only: in a large buffer it is hardly ever a pointer. */
#define EVIDENCE_BYTES 4096u

static void search_cdata(struct ffisan_audit *audit, const struct ffisan_slot_ref *ref)
{
    struct lj_cdata *cdata = ffisan_lead_cdata(ref);
    if (!cdata)
        return;
    size_t size = ffisan_slot_size(ref) - ((uintptr_t)cdata->payload - ref->block);
    const struct ffisan_ctype_map *map = ffisan_state_ctype_map(audit->holders, cdata->ctypeid);
    if (!map->has_pointers && (!map->has_evidence || size > EVIDENCE_BYTES))
        return;
    if (cdata->marked & LJ_CDATA_VAR)
        size = ((const struct lj_cdata_var *)cdata)[-1].len;
    struct ffisan_holder holder = {.block = ref->block,
                                   .header = (uintptr_t)cdata,
                                   .payload = (uintptr_t)cdata->payload,
                                   .ctypeid = cdata->ctypeid,
                                   .size = (uint32_t)size,
                                   .made = ref->slot->stack,
                                   .kind = FFISAN_HOLDER_CDATA,
                                   .is_disguise = ref->slot->is_disguise};
    if (map->stride == 0 || map->has_unaligned)
        search_slowly(audit, &holder, map->has_unaligned ? 1 : 8);
    else
        search_by_map(audit, &holder, map);
}

/* Payloads of userdata have no type; those of the VM's own libraries are not the program's. */
static void search_userdata(struct ffisan_audit *audit, const struct ffisan_slot_ref *ref)
{
    const struct lj_udata *udata = (const struct lj_udata *)ref->block;
    if (udata->udtype != LJ_UDTYPE_USERDATA)
        return;
    struct ffisan_holder holder = {.block = ref->block,
                                   .header = ref->block,
                                   .payload = (uintptr_t)udata->payload,
                                   .size = udata->len,
                                   .made = ref->slot->stack,
                                   .kind = FFISAN_HOLDER_USERDATA};
    audit->state->audit.n_words += holder.size / 8;
    if (!ffisan_lead_is_any(audit, holder.payload, holder.size))
        return;
    for (size_t offset = 0; offset + 8 <= holder.size; offset += 8)
        look_at_word(audit, offset, FFISAN_SLOT_POINTER, &holder);
}

static __attribute__((noinline)) void search_fully(struct ffisan_audit *audit,
                                                   const struct ffisan_slot_ref *ref)
{
    if (audit->holders == audit->state &&
        !ffisan_redzone_is_intact(ref->block + ffisan_slot_size(ref), ffisan_redzone_slack(ref)))
        ffisan_heap_check_redzone(&audit->state->heap, ref);
    if ((ref->slot->type & FFISAN_SLOT_TYPE_MASK) == LJ_GCT_CDATA)
        search_cdata(audit, ref);
    else
        search_userdata(audit, ref);
}

static inline bool matters(const struct ffisan_audit *audit, uint64_t word)
{
    if (word - audit->lo >= audit->hi - audit->lo)
        return ffisan_standin_covers(word);
    audit->state->audit.n_followed++;
    return ffisan_heap_leads_to_dead(&audit->state->heap, word);
}

#define USUAL_HOLDER 64u

/*
 * Most holders are small, of fixed size, undamaged, and lead to nothing dead.  Is this one of
 * them?  The answer no may be wrong.
 */
static inline bool is_harmless(const struct ffisan_audit *audit, const struct ffisan_slot_ref *ref)
{
    const struct ffisan_state *state = audit->holders;
    const struct lj_cdata *cdata = (const struct lj_cdata *)ref->block;
    const struct ffisan_slot books = *ref->slot;
    uint32_t size = ref->span->slot_size - books.slack - (uint32_t)sizeof(*cdata);
    if (size > USUAL_HOLDER /* a large block's is negative */ || books.type != LJ_GCT_CDATA ||
        cdata->gct != LJ_GCT_CDATA || cdata->marked & LJ_CDATA_VAR ||
        !state->maps_known[cdata->ctypeid] ||
        !ffisan_redzone_is_intact((uintptr_t)cdata->payload + size, books.slack))
        return false;
    const struct ffisan_ctype_map *map = &state->maps[cdata->ctypeid];
    if (map->n_slots < size / 8 || map->has_unaligned)
        return false;
    audit->state->audit.n_words += size / 8;
    for (uint32_t i = 0; i < size / 8; i++)
        if (map->kinds[i] != FFISAN_SLOT_OTHER &&
            matters(audit, ((const uint64_t *)cdata->payload)[i]))
            return false;
    return true;
}

static void search_holder(void *context, const struct ffisan_slot_ref *ref)
{
    struct ffisan_audit *audit = context;
    audit->state->audit.n_holders++;
    if (!is_harmless(audit, ref))
        search_fully(audit, ref);
}

static void search_others_holders(void *argument)
{
    struct ffisan_audit *audit = argument;
    ffisan_heap_each_holder(&audit->holders->heap, search_holder, audit);
}

/*
 * A program that has a second state made through the C API has addresses from it in cdata of the
 * first.  Another thread may have begun to run that other state, and change it under our eyes.
 */
static void search_holders(struct ffisan_audit *audit)
{
    ffisan_heap_each_holder(&audit->state->heap, search_holder, audit);
    for (struct ffisan_state *other = ffisan_runtime.states; other; other = other->next) {
        if (other == audit->state || other->thread != audit->state->thread)
            continue;
        audit->holders = other;
        ffisan_guard_run(search_others_holders, audit);
    }
    audit->holders = audit->state;
}

/*
 * The thread that used the ffi library last is noted by the VM, and kept by nobody: a callback from
 * a signal handler may find it dead.
 */
static void search_callback_thread(struct ffisan_audit *audit)
{
    struct ffisan_slot_ref ref;
    uint64_t *word = ffisan_callback_thread(audit->state);
    struct ffisan_standin *standin = NULL;
    if (!word)
        return;
    if (ffisan_standin_covers(*word))
        standin = ffisan_standin_find(*word);
    else if (ffisan_heap_find(&audit->state->heap, *word, &ref) && *word == ref.block &&
             ffisan_slot_state(&ref) >= FFISAN_SLOT_DEAD)
        standin = ffisan_standin_for(audit->state, &ref);
    if (!standin)
        return;
    ffisan_lead_seen(audit, standin);
    *word = standin->base;
}

static void find_bounds(struct ffisan_audit *audit)
{
    audit->lo = UINTPTR_MAX;
    for (const struct ffisan_region *r = audit->state->heap.regions; r; r = r->next) {
        if (r->base < audit->lo)
            audit->lo = r->base;
        if (r->base + r->size > audit->hi)
            audit->hi = r->base + r->size;
    }
    if (audit->lo == UINTPTR_MAX)
        audit->lo = audit->hi = 0;
}

bool ffisan_audit_is_due(const struct ffisan_state *state)
{
    const struct ffisan_heap_stats *stats = &state->heap.stats;
    uint64_t n_taken = stats->n_taken - state->audit.at_allocs;
    uint64_t enough = state->audit.cost * COST_FACTOR;
    if (state->audit.cost < CHEAP_AUDIT)
        enough = state->schedule.gc == FFISAN_GC_NATURAL ? CHEAP_NATURAL : 0;
    return state->schedule.is_forcing || state->lines.is_collecting ||
           stats->dead_bytes + stats->old_bytes >= state->heap.quarantine_budget ||
           n_taken >= enough;
}

static uint64_t cost_since(const struct ffisan_audit_stats *now,
                           const struct ffisan_audit_stats *before)
{
    return COST_OF_ANY + now->n_followed - before->n_followed +
           (now->n_holders - before->n_holders) / HOLDERS_PER_ALLOCATION +
           (now->n_words - before->n_words) / WORDS_PER_ALLOCATION;
}

static uint64_t now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

void ffisan_audit_run(struct ffisan_state *state)
{
    uint64_t start = ffisan_runtime.options.stats ? now_ns() : 0;
    struct ffisan_audit audit = {
        .state = state, .holders = state, .number = (uint32_t)++state->audit.n_audits};
    const struct ffisan_audit_stats before = state->audit;
    state->thread = pthread_self();
    if (ffisan_runtime.options.malloc)
        ffisan_thread_runs(state);
    ffisan_state_classify_pending(state);
    find_bounds(&audit);
    bool locked = ffisan_lock_take(&ffisan_runtime.lock);
    search_holders(&audit);
    search_callback_thread(&audit);
    ffisan_csearch_run(&audit);
    ffisan_strings_audit(state);
    ffisan_standins_each_written(state, ffisan_dangling_report_written);
    ffisan_standins_release(state, audit.number);
    if (ffisan_runtime.options.dangling)
        ffisan_standins_each_new(state, audit.number, ffisan_dangling_report);
    if (locked)
        ffisan_lock_give(&ffisan_runtime.lock);
    if (state->is_ending)
        ffisan_cheap_check_all();
    ffisan_damage_report(state, NULL);
    ffisan_creport_written(state);
    if (state->code_died) {
        ffisan_stacks_forget_dead_code(state->stacks, &state->heap);
        ffisan_origin_forget_dead_code(state);
        ffisan_ctraces_forget_code();
        state->code_died = false;
        if (ffisan_stacks_is_worn(state->stacks))
            ffisan_renew_stacks(state);
    }
    ffisan_leaks_after_cycle(state, state->is_ending);
    if (state->is_ending)
        ffisan_callbacks_find_lost(state);
    ffisan_captured_after_cycle(state);
    ffisan_results_forget_dead(state);
    ffisan_heap_release(&state->heap);
    state->audit.at_allocs = state->heap.stats.n_taken;
    state->dead_limit = 0;
    state->audit.cost = cost_since(&state->audit, &before);
    if (start)
        state->audit.ns += now_ns() - start;
}
