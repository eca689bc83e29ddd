/* SPDX-License-Identifier: MIT */
/*
 * For each live cdata its C type says where addresses can lie.  A word that leads into a block that
 * is dead makes that block held, gets it a stand-in, and is re-aimed; a word that leads to a
 * stand-in shows that it is still needed.  8-byte integers and bytes are evidence: they keep the
 * block from reuse and are never written.
 */
#include "runtime/audit/audit.h"

#include "runtime/audit/standin.h"
#include "runtime/cmem/ctraces.h"
#include "runtime/cmem/leaks.h"
#include "runtime/cmem/thread.h"
#include "runtime/heap/fast.h"
#include "runtime/renew.h"
#include "runtime/report/damage.h"
#include "runtime/report/dangling.h"
#include "runtime/state.h"

#include <string.h>
#include <time.h>

struct audit {
    struct ffisan_state *state;
    uint32_t number;
    uintptr_t lo, hi; /* addresses of the heap's regions: one comparison for most words */
};

/* The object header of a cdata in its slot: where it was last time, or anywhere it can be. */
static struct lj_cdata *find_cdata(const struct ffisan_slot_ref *ref)
{
    uintptr_t likely = 8u * (ref->slot->type >> FFISAN_SLOT_HEADER_SHIFT);
    return lj_find_cdata(ref->block, ffisan_slot_size(ref), likely);
}

/* Bytes in front of the payload: an address in there is no pointer to the object's content. */
static size_t header_bytes(const struct ffisan_slot_ref *ref)
{
    uint8_t gct = ((const struct lj_header *)ref->block)->gct;
    const struct lj_cdata *cdata;
    switch (ref->slot->type & FFISAN_SLOT_TYPE_MASK) {
    case LJ_GCT_CDATA:
        cdata = find_cdata(ref);
        return cdata ? (uintptr_t)cdata->payload - ref->block : sizeof(*cdata);
    case LJ_GCT_UDATA:
        return sizeof(struct lj_udata);
    case 0:
        return gct == LJ_GCT_STR ? sizeof(struct lj_str) : 0;
    default:
        return 0;
    }
}

static void add_holder(struct ffisan_standin *standin, const struct ffisan_holder *holder)
{
    for (uint32_t i = 0; i < standin->n_holders && i < FFISAN_STANDIN_HOLDERS; i++)
        if (standin->holders[i].block == holder->block &&
            standin->holders[i].offset == holder->offset)
            return;
    if (standin->n_holders < FFISAN_STANDIN_HOLDERS)
        standin->holders[standin->n_holders] = *holder;
    standin->n_holders++;
}

/* May the word be written?  Bytes may be a struct in disguise; integers are left alone. */
static bool may_reaim(enum ffisan_slot_kind kind)
{
    return kind == FFISAN_SLOT_POINTER || kind == FFISAN_SLOT_FUNCTION || kind == FFISAN_SLOT_BYTES;
}

/*
 * What C cannot use is no pointer but a name: lua_topointer(L, i) of a table or function, kept to
 * compare it or as a key.  It must stay what it is.
 */
static bool is_name_only(const struct ffisan_slot_ref *ref)
{
    uint8_t gct = ref->slot->type & FFISAN_SLOT_TYPE_MASK;
    return ref->span->group == FFISAN_GROUP_INTERNAL || gct == LJ_GCT_TAB || gct == LJ_GCT_FUNC ||
           gct == LJ_GCT_UPVAL || gct == LJ_GCT_PROTO;
}

/* One word of a holder that leads into this heap. */
static void look_at_heap_word(struct audit *audit, uint64_t word, enum ffisan_slot_kind kind,
                              const struct ffisan_holder *holder)
{
    struct ffisan_slot_ref ref;
    if (!ffisan_heap_find(&audit->state->heap, word, &ref) ||
        ffisan_slot_state(&ref) < FFISAN_SLOT_DEAD || is_name_only(&ref) ||
        word - ref.block < header_bytes(&ref))
        return;
    struct ffisan_standin *standin = ffisan_standin_for(audit->state, &ref);
    if (!standin)
        return;
    standin->seen = audit->number;
    if (!may_reaim(kind)) {
        audit->state->audit.n_evidence++;
        return; /* the block is kept from reuse as long as the integer is there */
    }
    audit->state->audit.n_dangling++;
    add_holder(standin, holder);
    word = standin->base + (word - ref.block);
    memcpy((void *)(holder->payload + holder->offset), &word, sizeof(word));
}

static void look_at_word(struct audit *audit, size_t offset, enum ffisan_slot_kind kind,
                         struct ffisan_holder *holder)
{
    uint64_t word;
    memcpy(&word, (const void *)(holder->payload + offset), sizeof(word));
    if (word - audit->lo < audit->hi - audit->lo) {
        audit->state->audit.n_followed++;
        holder->offset = (uint32_t)offset;
        look_at_heap_word(audit, word, kind, holder);
    } else if (__builtin_expect(ffisan_standin_covers(word), 0)) {
        struct ffisan_standin *standin = ffisan_standin_find(word);
        if (standin)
            standin->seen = audit->number;
    }
}

/*
 * Types without a map, and packed ones, whose pointers lie at any offset: asks for each word that
 * leads somewhere interesting.
 */
static void search_slowly(struct audit *audit, struct ffisan_holder *holder, size_t step)
{
    for (size_t offset = 0; offset + 8 <= holder->size; offset += step) {
        uint64_t word;
        memcpy(&word, (const void *)(holder->payload + offset), sizeof(word));
        if (word - audit->lo >= audit->hi - audit->lo && !ffisan_standin_covers(word))
            continue;
        enum ffisan_slot_kind kind =
            ffisan_ctype_slot(&audit->state->vm, holder->ctypeid, holder->size, offset);
        bool is_declared = kind == FFISAN_SLOT_POINTER || kind == FFISAN_SLOT_FUNCTION;
        if (kind != FFISAN_SLOT_OTHER && (is_declared || offset % 4 == 0))
            look_at_word(audit, offset, kind, holder);
    }
}

/* Holders of up to so many bytes are looked at word by word at once. */
#define SMALL_HOLDER 32u

/*
 * Does any word lead into the heap or to a stand-in?  Mostly none does, and this is the loop that
 * the audit spends its time in: no branch in it, so that the compiler can take several at a time.
 */
static bool has_address(const struct audit *audit, uintptr_t payload, size_t size)
{
    const uint64_t *words = (const uint64_t *)payload;
    uint64_t heap = audit->hi - audit->lo;
    uint64_t standins = ffisan_standin_range.hi - ffisan_standin_range.lo;
    uint64_t found = 0;
    for (size_t i = 0; i < size / 8; i++)
        found |= (words[i] - audit->lo < heap) | (words[i] - ffisan_standin_range.lo < standins);
    return found != 0;
}

static void search_by_map(struct audit *audit, struct ffisan_holder *holder,
                          const struct ffisan_ctype_map *map)
{
    unsigned i = 0, repeat = map->tail / 8;
    audit->state->audit.n_words += holder->size / 8;
    if (holder->size > SMALL_HOLDER && !has_address(audit, holder->payload, holder->size))
        return;
    for (size_t offset = 0; offset + 8 <= holder->size; offset += 8) {
        if (map->kinds[i] != FFISAN_SLOT_OTHER)
            look_at_word(audit, offset, (enum ffisan_slot_kind)map->kinds[i], holder);
        if (++i == map->n_slots)
            i = repeat;
    }
}

/* Allocations that must have happened for each that an audit costs as much as. */
#define COST_FACTOR 3
#define CHEAP_AUDIT 1024u /* not worth saving, however often the program collects */
/* A word that leads nowhere costs so much less than an allocation. */
#define WORDS_PER_ALLOCATION 16

/* Evidence is looked for in small objects only: in a large buffer it is hardly ever a pointer. */
#define EVIDENCE_BYTES 4096u

static void search_cdata(struct audit *audit, const struct ffisan_slot_ref *ref)
{
    struct lj_cdata *cdata = find_cdata(ref);
    if (!cdata)
        return;
    size_t size = ffisan_slot_size(ref) - ((uintptr_t)cdata->payload - ref->block);
    const struct ffisan_ctype_map *map = ffisan_state_ctype_map(audit->state, cdata->ctypeid);
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
                                   .gct = LJ_GCT_CDATA};
    if (map->stride == 0 || map->has_unaligned)
        search_slowly(audit, &holder, map->has_unaligned ? 1 : 8);
    else
        search_by_map(audit, &holder, map);
}

/* Payloads of userdata have no type; those of the VM's own libraries are not the program's. */
static void search_userdata(struct audit *audit, const struct ffisan_slot_ref *ref)
{
    const struct lj_udata *udata = (const struct lj_udata *)ref->block;
    if (udata->udtype != LJ_UDTYPE_USERDATA)
        return;
    struct ffisan_holder holder = {.block = ref->block,
                                   .header = ref->block,
                                   .payload = (uintptr_t)udata->payload,
                                   .size = udata->len,
                                   .made = ref->slot->stack,
                                   .gct = LJ_GCT_UDATA};
    audit->state->audit.n_words += holder.size / 8;
    if (!has_address(audit, holder.payload, holder.size))
        return;
    for (size_t offset = 0; offset + 8 <= holder.size; offset += 8)
        look_at_word(audit, offset, FFISAN_SLOT_POINTER, &holder);
}

static __attribute__((noinline)) void search_fully(struct audit *audit,
                                                   const struct ffisan_slot_ref *ref)
{
    if (!ffisan_redzone_is_intact(ref->block + ffisan_slot_size(ref), ffisan_redzone_slack(ref)))
        ffisan_heap_check_redzone(&audit->state->heap, ref);
    if ((ref->slot->type & FFISAN_SLOT_TYPE_MASK) == LJ_GCT_CDATA)
        search_cdata(audit, ref);
    else
        search_userdata(audit, ref);
}

static inline bool matters(const struct audit *audit, uint64_t word)
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
static inline bool is_harmless(const struct audit *audit, const struct ffisan_slot_ref *ref)
{
    const struct ffisan_state *state = audit->state;
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
    struct audit *audit = context;
    audit->state->audit.n_holders++;
    if (!is_harmless(audit, ref))
        search_fully(audit, ref);
}

static void find_bounds(struct audit *audit)
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
    return state->schedule.is_forcing || state->lines.is_collecting ||
           state->audit.cost < CHEAP_AUDIT ||
           stats->dead_bytes + stats->old_bytes >= state->heap.quarantine_budget ||
           stats->n_taken - state->audit.at_allocs >= state->audit.cost * COST_FACTOR;
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
    struct audit audit = {.state = state, .number = (uint32_t)++state->audit.n_audits};
    uint64_t n_followed = state->audit.n_followed, n_words = state->audit.n_words;
    state->thread = pthread_self();
    if (ffisan_runtime.options.malloc)
        ffisan_thread_runs(state);
    ffisan_state_classify_pending(state);
    find_bounds(&audit);
    bool locked = ffisan_lock_take(&ffisan_runtime.lock);
    ffisan_heap_each_holder(&state->heap, search_holder, &audit);
    ffisan_standins_release(state, audit.number);
    if (ffisan_runtime.options.dangling)
        ffisan_standins_each_new(state, audit.number, ffisan_dangling_report);
    if (locked)
        ffisan_lock_give(&ffisan_runtime.lock);
    if (state->heap.n_damage > 0)
        ffisan_damage_report(state);
    if (state->code_died) {
        ffisan_stacks_forget_dead_code(state->stacks, &state->heap);
        ffisan_origin_forget_dead_code(state);
        ffisan_ctraces_forget_code();
        state->code_died = false;
        if (ffisan_stacks_is_worn(state->stacks))
            ffisan_renew_stacks(state);
    }
    ffisan_leaks_after_cycle(state, state->is_ending);
    ffisan_heap_release(&state->heap);
    state->audit.at_allocs = state->heap.stats.n_taken;
    state->dead_limit = 0;
    state->audit.cost = state->audit.n_followed - n_followed +
                        (state->audit.n_words - n_words) / WORDS_PER_ALLOCATION;
    if (start)
        state->audit.ns += now_ns() - start;
}
