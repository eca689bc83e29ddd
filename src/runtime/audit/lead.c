/* SPDX-License-Identifier: MIT */
#include "runtime/audit/lead.h"

#include "runtime/fault/guard.h"
#include "runtime/state.h"

#include <string.h>

/*
 * Mostly no word leads anywhere, and this is what an audit spends its time with.  Whole regions of
 * 64 MiB are compared, for which 32 bits of a word are enough: so eight words at a time are taken
 * by what every x86-64 and aarch64 has (40 GB/s, where comparing word by word makes 8), and sixteen
 * where the processor has AVX2.
 */
#define STEP 64u /* bytes */

/* A range of regions, so that "is x in it?" is one subtraction and one signed comparison. */
struct regions {
    uint32_t first;
    int32_t n;
};

static struct regions regions_of(uintptr_t lo, uintptr_t hi)
{
    const uint32_t sign = UINT32_C(1) << 31;
    uint32_t first = (uint32_t)(lo >> FFISAN_REGION_SHIFT);
    uint32_t n = hi > lo ? (uint32_t)((hi - 1) >> FFISAN_REGION_SHIFT) - first + 1 : 0;
    return (struct regions){.first = first + sign, .n = (int32_t)(n ^ sign)};
}

/* The same for vectors of any size; the order in which words are compared does not matter. */
#define DEFINE_MAY_BE_ANY(name, bytes, ...)                                                        \
    static bool name(const struct ffisan_audit *audit, uintptr_t start, size_t n_bytes)            \
    {                                                                                              \
        typedef uint64_t words_of_vector __attribute__((vector_size(bytes), aligned(8)));          \
        typedef uint32_t vector __attribute__((vector_size(bytes)));                               \
        typedef int32_t signed_vector __attribute__((vector_size(bytes)));                         \
        const words_of_vector *vectors = (const words_of_vector *)start;                           \
        const struct regions heap = regions_of(audit->lo, audit->hi);                              \
        const struct regions standins =                                                            \
            regions_of(ffisan_standin_range.lo, ffisan_standin_range.hi);                          \
        signed_vector found = {0};                                                                 \
        for (size_t i = 0; i < n_bytes / (bytes); i += 2) {                                        \
            vector low = (vector)(vectors[i] >> FFISAN_REGION_SHIFT);                              \
            vector high = (vector)(vectors[i + 1] >> FFISAN_REGION_SHIFT);                         \
            vector regions = __builtin_shuffle(low, high, (vector){__VA_ARGS__});                  \
            found |= (signed_vector)(regions - heap.first) < heap.n;                               \
            found |= (signed_vector)(regions - standins.first) < standins.n;                       \
        }                                                                                          \
        int32_t any = 0;                                                                           \
        for (unsigned i = 0; i < (bytes) / sizeof(any); i++)                                       \
            any |= found[i];                                                                       \
        return any != 0;                                                                           \
    }

DEFINE_MAY_BE_ANY(may_be_any, 16, 0, 2, 4, 6)

#ifdef __x86_64__
__attribute__((target("avx2"))) DEFINE_MAY_BE_ANY(may_be_any_avx2, 32, 0, 2, 8, 10, 4, 6, 12, 14)

    static bool has_avx2(void)
{
    static int answer; /* 0 = not asked yet */
    if (answer == 0)
        answer = __builtin_cpu_supports("avx2") ? 1 : -1;
    return answer > 0;
}
#endif

static bool is_any_likely(const struct ffisan_audit *audit, uintptr_t start, size_t size)
{
#ifdef __x86_64__
    if (has_avx2())
        return may_be_any_avx2(audit, start, size);
#endif
    return may_be_any(audit, start, size);
}

bool ffisan_lead_is_any(const struct ffisan_audit *audit, uintptr_t start, size_t size)
{
    const uint64_t *words = (const uint64_t *)start;
    size_t n_words = size / 8, n_compared = size / STEP * STEP;
    bool found = false;
    bool is_quick = n_compared > 0 && !is_any_likely(audit, start, n_compared);
    for (size_t i = is_quick ? n_compared / 8 : 0; i < n_words; i++)
        found |= ffisan_lead_is_one(audit, words[i]);
    return found;
}

struct lj_cdata *ffisan_lead_cdata(const struct ffisan_slot_ref *ref)
{
    uintptr_t likely = 8u * (ref->slot->type >> FFISAN_SLOT_HEADER_SHIFT);
    return lj_find_cdata(ref->block, ffisan_slot_size(ref), likely);
}

/*
 * Can C use what the word points to?  Not the header of an object.  Tables and functions are names:
 * lua_topointer(L, i), kept to compare it or as a key, must stay what it is.  Of a coroutine C has
 * the lua_State *, which is its header.
 */
static bool is_pointer_to_content(const struct ffisan_slot_ref *ref, uint64_t word)
{
    size_t offset = word - ref->block;
    const struct lj_cdata *cdata;
    if (ref->span->group == FFISAN_GROUP_INTERNAL)
        return false;
    switch (ref->slot->type & FFISAN_SLOT_TYPE_MASK) {
    case LJ_GCT_CDATA:
        cdata = ffisan_lead_cdata(ref);
        return offset >= (cdata ? (uintptr_t)cdata->payload - ref->block : sizeof(*cdata));
    case LJ_GCT_UDATA:
        return offset >= sizeof(struct lj_udata);
    case LJ_GCT_THREAD:
        return offset == 0;
    case LJ_GCT_TAB:
    case LJ_GCT_FUNC:
    case LJ_GCT_UPVAL:
    case LJ_GCT_PROTO:
        return false;
    case LJ_GCT_STR:
        return offset >= sizeof(struct lj_str);
    case 0:
        return ((const struct lj_header *)ref->block)->gct != LJ_GCT_STR ||
               offset >= sizeof(struct lj_str);
    default:
        return true;
    }
}

static void add_holder(struct ffisan_standin *standin, const struct ffisan_holder *holder)
{
    for (uint32_t i = 0; i < standin->n_holders && i < FFISAN_STANDIN_HOLDERS; i++)
        if (standin->holders[i].block == holder->block &&
            standin->holders[i].offset == holder->offset)
            return;
    standin->holders[standin->n_holders++ % FFISAN_STANDIN_HOLDERS] = *holder;
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

/* Another thread may write to C memory at the same time, and some of it is read-only. */
static bool reaim(const struct ffisan_holder *holder, uint64_t word, uint64_t new_word)
{
    void *place = (void *)(holder->payload + holder->offset);
    if (is_in_c(holder))
        return ffisan_guard_exchange(place, word, new_word);
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
