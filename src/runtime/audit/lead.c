/* SPDX-License-Identifier: MIT */
#include "runtime/audit/lead.h"

#include "runtime/fault/guard.h"
#include "runtime/heap/scan.h"
#include "runtime/heap/window.h"
#include "runtime/state.h"

#include <string.h>

static bool is_any_of(const struct ffisan_audit *audit, uintptr_t start, size_t n_words)
{
    typedef uint64_t word_anywhere __attribute__((aligned(1)));
    const word_anywhere *words = (const word_anywhere *)start;
    bool found = false;
    for (size_t i = 0; i < n_words; i++)
        found |= ffisan_lead_is_one(audit, words[i]);
    return found;
}

static struct ffisan_scan_range heap_of(const struct ffisan_audit *audit)
{
    return (struct ffisan_scan_range){audit->lo, audit->hi,
                                      ffisan_window_covers(audit->lo, audit->hi)};
}

static struct ffisan_scan_range all_standins(void)
{
    return (struct ffisan_scan_range){ffisan_standin_range.lo, ffisan_standin_range.used,
                                      ffisan_standin_range.is_alone};
}

size_t ffisan_lead_skip(const struct ffisan_audit *audit, uintptr_t start, size_t size)
{
    const struct ffisan_scan_range heap = heap_of(audit), standins = all_standins();
    return ffisan_scan_skip(start, size, &heap, &standins);
}

bool ffisan_lead_is_any(const struct ffisan_audit *audit, uintptr_t start, size_t size)
{
    uintptr_t end = start + size;
    while (end - start >= 8) {
        start += ffisan_lead_skip(audit, start, end - start);
        size_t next = end - start < FFISAN_SCAN_STEP ? end - start : FFISAN_SCAN_STEP;
        if (is_any_of(audit, start, next / 8))
            return true;
        start += next;
    }
    return false;
}

bool ffisan_lead_may_be_anywhere(const struct ffisan_audit *audit, uintptr_t start, size_t size)
{
    const struct ffisan_scan_range heap = heap_of(audit), standins = all_standins();
    return ffisan_scan_may_be_anywhere(start, size, &heap, &standins);
}

struct lj_cdata *ffisan_lead_cdata(const struct ffisan_slot_ref *ref)
{
    uintptr_t likely = 8u * (ref->slot->type >> FFISAN_SLOT_HEADER_SHIFT);
    return lj_find_cdata(ref->block, ffisan_slot_size(ref), likely);
}

/* How far into its slot the content of a cdata, userdata or string begins; 0 = it is none. */
static size_t content_offset(const struct ffisan_slot_ref *ref)
{
    const struct lj_cdata *cdata;
    switch (ref->slot->type & FFISAN_SLOT_TYPE_MASK) {
    case LJ_GCT_CDATA:
        cdata = ffisan_lead_cdata(ref);
        return cdata ? (uintptr_t)cdata->payload - ref->block : sizeof(*cdata);
    case LJ_GCT_UDATA:
        return sizeof(struct lj_udata);
    case LJ_GCT_STR:
        return sizeof(struct lj_str);
    }
    return 0;
}

/*
 * Can C use what the word points to?  Not the header of an object.  Tables and functions are names:
 * lua_topointer(L, i), kept to compare it or as a key, must stay what it is.  Of a coroutine C has
 * the lua_State *, which is its header.
 */
static bool is_pointer_to_content(const struct ffisan_slot_ref *ref, uint64_t word)
{
    size_t offset = word - ref->block;
    if (ref->span->group == FFISAN_GROUP_INTERNAL)
        return false;
    switch (ref->slot->type & FFISAN_SLOT_TYPE_MASK) {
    case LJ_GCT_THREAD:
        return offset == 0;
    case LJ_GCT_TAB:
    case LJ_GCT_FUNC:
    case LJ_GCT_UPVAL:
    case LJ_GCT_PROTO:
        return false;
    case 0:
        return ((const struct lj_header *)ref->block)->gct != LJ_GCT_STR ||
               offset >= sizeof(struct lj_str);
    default:
        return offset >= content_offset(ref);
    }
}

/* A free one, else rather that of a bare pointer: reading a field makes another each time. */
static uint32_t place_for_another(const struct ffisan_standin *standin)
{
    if (standin->n_holders < FFISAN_STANDIN_HOLDERS)
        return standin->n_holders;
    for (uint32_t i = 0; i < FFISAN_STANDIN_HOLDERS; i++) {
        uint32_t place = (standin->n_holders + i) % FFISAN_STANDIN_HOLDERS;
        const struct ffisan_holder *holder = &standin->holders[place];
        if (holder->kind == FFISAN_HOLDER_CDATA && holder->size == sizeof(uintptr_t))
            return place;
    }
    return standin->n_holders % FFISAN_STANDIN_HOLDERS;
}

static void add_holder(struct ffisan_standin *standin, const struct ffisan_holder *holder)
{
    for (uint32_t i = 0; i < standin->n_holders && i < FFISAN_STANDIN_HOLDERS; i++)
        if (standin->holders[i].block == holder->block &&
            standin->holders[i].offset == holder->offset)
            return;
    standin->holders[place_for_another(standin)] = *holder;
    standin->n_holders++;
}

/* May the word be written?  Bytes may be a struct in disguise; integers are left alone. */
static bool may_reaim(enum ffisan_slot_kind kind)
{
    return kind == FFISAN_SLOT_POINTER || kind == FFISAN_SLOT_FUNCTION || kind == FFISAN_SLOT_BYTES;
}

static bool is_in_c(const struct ffisan_holder *holder)
{
    return holder->kind != FFISAN_HOLDER_CDATA && holder->kind != FFISAN_HOLDER_USERDATA;
}

struct write {
    void *place;
    uint64_t word;
};

static void write_word(void *argument)
{
    const struct write *write = argument;
    memcpy(write->place, &write->word, sizeof(write->word));
}

/* Another thread may write to C memory at the same time, and some of it is read-only. */
static bool reaim(const struct ffisan_holder *holder, uint64_t word, uint64_t new_word)
{
    void *place = (void *)(holder->payload + holder->offset);
    if (is_in_c(holder) && (uintptr_t)place % sizeof(word) == 0)
        return ffisan_guard_exchange(place, word, new_word);
    if (is_in_c(holder)) {
        struct write write = {place, new_word};
        return ffisan_guard_run(write_word, &write);
    }
    memcpy(place, &new_word, sizeof(new_word));
    return true;
}

/* Whoever uses a coroutine uses its stack. */
static void keep_stack(struct ffisan_audit *audit, const struct ffisan_standin *coroutine)
{
    const struct lj_thread *thread = (const struct lj_thread *)coroutine->block;
    struct ffisan_slot_ref ref;
    if (!ffisan_heap_find(&audit->state->heap, thread->stack, &ref) ||
        ref.span->group == FFISAN_GROUP_INTERNAL || ffisan_slot_state(&ref) < FFISAN_SLOT_DEAD)
        return;
    struct ffisan_standin *stack = ffisan_standin_for(audit->state, &ref);
    if (stack)
        stack->seen = audit->number;
}

void ffisan_lead_seen(struct ffisan_audit *audit, struct ffisan_standin *standin)
{
    standin->seen = audit->number;
    if ((standin->type & FFISAN_SLOT_TYPE_MASK) == LJ_GCT_THREAD && !standin->is_released)
        keep_stack(audit, standin);
}

static void note_seen(struct ffisan_audit *audit, struct ffisan_standin *standin,
                      const struct ffisan_holder *holder)
{
    ffisan_lead_seen(audit, standin);
    standin->seen_in = (uint8_t)holder->kind;
    if (is_in_c(holder))
        standin->seen_in_c = audit->number;
}

static void follow_into_heap(struct ffisan_audit *audit, uint64_t word, enum ffisan_slot_kind kind,
                             const struct ffisan_holder *holder)
{
    struct ffisan_slot_ref ref;
    if (!ffisan_heap_find(&audit->state->heap, word, &ref) ||
        ffisan_slot_state(&ref) < FFISAN_SLOT_DEAD || !is_pointer_to_content(&ref, word))
        return;
    struct ffisan_standin *standin = ffisan_standin_for(audit->state, &ref);
    if (!standin)
        return;
    note_seen(audit, standin, holder);
    if (!may_reaim(kind) || !reaim(holder, word, standin->base + (word - ref.block))) {
        audit->state->audit.n_evidence++;
        if (content_offset(&ref) > 0)
            ffisan_standin_watch(standin, content_offset(&ref));
        return; /* the block is kept from reuse as long as the word is there */
    }
    audit->state->audit.n_dangling++;
    add_holder(standin, holder);
}

void ffisan_lead_follow(struct ffisan_audit *audit, uint64_t word, enum ffisan_slot_kind kind,
                        const struct ffisan_holder *holder)
{
    if (word - audit->lo < audit->hi - audit->lo) {
        audit->state->audit.n_followed++;
        follow_into_heap(audit, word, kind, holder);
        return;
    }
    struct ffisan_standin *standin = ffisan_standin_find(word);
    if (!standin || standin->state != audit->state)
        return;
    note_seen(audit, standin, holder);
    if (may_reaim(kind))
        add_holder(standin, holder); /* perhaps it was copied there */
}
