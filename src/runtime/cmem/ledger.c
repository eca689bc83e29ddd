/* SPDX-License-Identifier: MIT */
/*
 * A block's books lie in arrays, at its number: what every slot has (region.h), where it lies and
 * how large it is, and a link.  Free numbers and resting blocks are lists of these.  Of a resting
 * block a sum of its content is kept, not a pattern: content that stays is what the program would
 * have found there as well.
 */
#include "runtime/cmem/ledger.h"

#include "base/hash.h"
#include "base/pages.h"
#include "runtime/fault/guard.h"
#include "runtime/heap/redzone.h"

#include <string.h>
#include <sys/resource.h>

#define PAD 16u /* a redzone, and what allocators begin the next block with is not in it */
#define MAX_BLOCKS ((uint32_t)1 << 22)
#define MAX_BLOCKS_CONFINED ((uint32_t)1 << 16) /* where address space is short */
#define MAX_RESTING 16384u
#define MAX_WRITTEN 64u
#define LEAST_USABLE 8u       /* no block begins closer behind another */
#define SUMMED ((size_t)4096) /* bytes of a resting block that are looked at: the first ones */
#define WIPED ((size_t)65536)

struct link {
    uint32_t before, after; /* in the list that the block is in; 0 = none */
    uint32_t sum;           /* of a resting one; 0 = not known */
    bool is_resting;
};

static struct {
    struct ffisan_ledger_source source;
    struct ffisan_heap *heap;
    struct ffisan_region region; /* of no addresses: where books of blocks are looked up */
    struct link *links;
    uint32_t n, max;         /* numbers in use or free again, and what there is room for */
    uint32_t first_free;     /* by `after` */
    uint32_t oldest, newest; /* resting ones */
    uint32_t written[MAX_WRITTEN];
    uint32_t n_written;
    uintptr_t low, high;
    bool is_in_doubt;
    struct ffisan_ledger_stats stats;
} ledger;

bool ffisan_ledger_is_on;

/* All of them are looked up as the one slot of a span that is live, or one that is dead. */
static struct ffisan_span live_span = {
    .slot_size = 1, .n_spans = 1, .n_words = 1, .group = FFISAN_GROUP_LARGE};
static struct ffisan_span dead_span = {
    .slot_size = 1, .n_spans = 1, .n_words = 1, .group = FFISAN_GROUP_LARGE, .old = {1}};

/* ---- Beginning ------------------------------------------------------------------------------ */

static bool take_memory(uint32_t max)
{
    struct ffisan_region *region = &ledger.region;
    region->slots = ffisan_pages_map(max * sizeof(*region->slots));
    region->listed = ffisan_pages_map(max * sizeof(*region->listed));
    region->notes = ffisan_pages_map(max * (size_t)ledger.heap->note_size);
    ledger.links = ffisan_pages_map(max * sizeof(*ledger.links));
    ledger.max = max;
    if (region->slots && region->listed && region->notes && ledger.links)
        return true;
    if (region->slots)
        ffisan_pages_unmap(region->slots, max * sizeof(*region->slots));
    if (region->listed)
        ffisan_pages_unmap(region->listed, max * sizeof(*region->listed));
    if (region->notes)
        ffisan_pages_unmap(region->notes, max * (size_t)ledger.heap->note_size);
    if (ledger.links)
        ffisan_pages_unmap(ledger.links, max * sizeof(*ledger.links));
    return false;
}

static bool is_confined(void)
{
    struct rlimit limit;
    return getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur != RLIM_INFINITY;
}

bool ffisan_ledger_start(struct ffisan_heap *heap, const struct ffisan_ledger_source *source)
{
    ledger.heap = heap;
    ledger.source = *source;
    ledger.region.heap = heap;
    ledger.region.note_size = heap->note_size;
    ledger.n = 1; /* the number 0 is none */
    ffisan_ledger_is_on =
        ffisan_ledger_index_start() &&
        ((!is_confined() && take_memory(MAX_BLOCKS)) || take_memory(MAX_BLOCKS_CONFINED));
    return ffisan_ledger_is_on;
}

void ffisan_ledger_doubt(void)
{
    ledger.is_in_doubt = true;
}

bool ffisan_ledger_is_in_doubt(void)
{
    return ledger.is_in_doubt;
}

size_t ffisan_ledger_room(size_t size)
{
    size_t bytes = ledger.is_in_doubt ? size : size + PAD;
    return bytes < FFISAN_LEDGER_GRAIN ? FFISAN_LEDGER_GRAIN : bytes;
}

/* ---- Books ---------------------------------------------------------------------------------- */

static struct ffisan_listed *books(uint32_t number)
{
    return &ledger.region.listed[number];
}

static uint32_t number_of(const struct ffisan_slot_ref *ref)
{
    return (uint32_t)(ref->slot - ledger.region.slots);
}

static bool is_live(uint32_t number)
{
    return ledger.region.slots[number].type != 0;
}

static struct ffisan_slot_ref refer(uint32_t number)
{
    return (struct ffisan_slot_ref){.region = &ledger.region,
                                    .span = is_live(number) ? &live_span : &dead_span,
                                    .slot = &ledger.region.slots[number],
                                    .block = books(number)->block};
}

static uint32_t take_number(void)
{
    uint32_t number = ledger.first_free;
    if (number)
        ledger.first_free = ledger.links[number].after;
    else if (ledger.n < ledger.max)
        number = ledger.n++;
    return number;
}

static void give_number(uint32_t number)
{
    ffisan_ledger_index_remove(books(number)->block, books(number)->room, number);
    *books(number) = (struct ffisan_listed){0};
    ledger.region.slots[number].type = 0;
    ledger.links[number] = (struct link){.after = ledger.first_free};
    ledger.first_free = number;
}

/* Puts it where the neighbours say. */
static void put_between(uint32_t number, uint32_t before, uint32_t after)
{
    ledger.links[number].before = before;
    ledger.links[number].after = after;
    *(before ? &ledger.links[before].after : &ledger.oldest) = number;
    *(after ? &ledger.links[after].before : &ledger.newest) = number;
}

/* One that would drive many others out goes first itself. */
static void rest(uint32_t number)
{
    if (books(number)->room > ledger.heap->quarantine_budget / 4)
        put_between(number, 0, ledger.oldest);
    else
        put_between(number, ledger.newest, 0);
    ledger.links[number].is_resting = true;
    ledger.stats.n_resting++;
    ledger.stats.resting_bytes += books(number)->room;
}

static void stop_resting(uint32_t number)
{
    struct link *link = &ledger.links[number];
    *(link->before ? &ledger.links[link->before].after : &ledger.oldest) = link->after;
    *(link->after ? &ledger.links[link->after].before : &ledger.newest) = link->before;
    link->is_resting = false;
    ledger.stats.n_resting--;
    ledger.stats.resting_bytes -= books(number)->room;
}

/* ---- Finding -------------------------------------------------------------------------------- */

/* The one that begins at the address or closest before it. */
static uint32_t find_closest(uintptr_t address)
{
    uint32_t number = ffisan_ledger_index_at(address);
    if (number && books(number)->block <= address)
        return number;
    number = ffisan_ledger_index_find(address);
    if (number && books(number)->block > address)
        number = ffisan_ledger_index_find(address - FFISAN_LEDGER_GRAIN);
    return number;
}

static uint32_t find(uintptr_t address)
{
    uint32_t number = find_closest(address);
    if (!number || address - books(number)->block > books(number)->room)
        return 0;
    return number;
}

bool ffisan_ledger_find_any(uintptr_t address, struct ffisan_slot_ref *ret_ref)
{
    uint32_t number = ffisan_ledger_is_on ? find(address) : 0;
    if (number)
        *ret_ref = refer(number);
    return number != 0;
}

bool ffisan_ledger_find(uintptr_t address, struct ffisan_slot_ref *ret_ref)
{
    return ffisan_ledger_find_any(address, ret_ref) &&
           (!ledger.is_in_doubt || ret_ref->slot->type == 0);
}

void ffisan_ledger_each_live(void (*visit)(void *context, const struct ffisan_slot_ref *ref),
                             void *context)
{
    for (uint32_t number = 1; number < ledger.n && !ledger.is_in_doubt; number++) {
        if (books(number)->block == 0 || !is_live(number))
            continue;
        struct ffisan_slot_ref ref = refer(number);
        visit(context, &ref);
    }
}

void ffisan_ledger_widen(uintptr_t *low, uintptr_t *high)
{
    if (ledger.high == 0)
        return;
    if (*high == 0 || ledger.low < *low)
        *low = ledger.low;
    if (ledger.high > *high)
        *high = ledger.high;
}

/* ---- Listing -------------------------------------------------------------------------------- */

static void forget_written(uint32_t number)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < ledger.n_written; i++)
        if (ledger.written[i] != number)
            ledger.written[n++] = ledger.written[i];
    ledger.n_written = n;
}

/*
 * The allocator has handed these bytes out anew: whatever we believe to be there is gone, and there
 * is a way to free that we do not see.
 */
static void strike_all(uintptr_t block, size_t size)
{
    for (;;) {
        uint32_t number = find_closest(block + size - 1);
        const struct ffisan_listed *other = books(number);
        if (!number || (other->block < block && other->block + other->room <= block))
            return;
        if (ledger.links[number].is_resting)
            stop_resting(number);
        bool was_live = is_live(number);
        forget_written(number);
        give_number(number);
        ledger.stats.n_struck++;
        ledger.stats.n_gone += was_live;
        ledger.is_in_doubt = true;
    }
}

bool ffisan_ledger_add(void *block, size_t size, size_t asked, uint32_t trace)
{
    uintptr_t start = (uintptr_t)block;
    size_t room = ledger.is_in_doubt ? asked - 1 : asked - PAD; /* no byte of another block */
    strike_all(start, asked);
    uint32_t number = take_number();
    if (!number || !ffisan_ledger_index_add(start, room, number)) {
        if (number) {
            ledger.links[number].after = ledger.first_free;
            ledger.first_free = number;
        }
        ledger.stats.n_refused++;
        return false;
    }
    *books(number) = (struct ffisan_listed){.block = start, .size = size, .room = room};
    ledger.region.slots[number] = (struct ffisan_slot){.stack = trace, .type = 1};
    if (!ledger.is_in_doubt)
        ffisan_redzone_fill(start + size, FFISAN_REDZONE_MIN);
    if (ledger.high == 0 || start < ledger.low)
        ledger.low = start;
    if (start + room >= ledger.high)
        ledger.high = start + room + 1;
    ledger.stats.n_listed++;
    memset(ledger.region.notes + number * (size_t)ledger.heap->note_size, 0,
           ledger.heap->note_size);
    return true;
}

void ffisan_ledger_resize(const struct ffisan_slot_ref *ref, size_t size)
{
    books(number_of(ref))->size = size;
    if (!ledger.is_in_doubt)
        ffisan_redzone_fill(ref->block + size, FFISAN_REDZONE_MIN);
}

void ffisan_ledger_strike(const struct ffisan_slot_ref *ref)
{
    give_number(number_of(ref));
    ledger.stats.n_gone++;
}

/* ---- Resting -------------------------------------------------------------------------------- */

static inline uint64_t mix(uint64_t sum, const uint8_t *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, sizeof(word));
    return (sum ^ word) * UINT64_C(0x9e3779b97f4a7c15);
}

/* Words go into four sums in turn, which do not wait for each other. */
static uint32_t sum(const struct ffisan_listed *block)
{
    enum { AT_ONCE = 32 };
    size_t n = block->size < SUMMED ? block->size : SUMMED;
    const uint8_t *bytes = (const uint8_t *)block->block, *end = bytes + n;
    uint64_t a = n, b = 1, c = 2, d = 3;
    uint8_t rest[AT_ONCE] = {0};
    for (; end - bytes >= AT_ONCE; bytes += AT_ONCE) {
        a = mix(a, bytes);
        b = mix(b, bytes + 8);
        c = mix(c, bytes + 16);
        d = mix(d, bytes + 24);
    }
    memcpy(rest, bytes, (size_t)(end - bytes));
    a = ffisan_hash_mix(mix(a, rest), mix(b, rest + 8));
    a = ffisan_hash_mix(ffisan_hash_mix(a, mix(c, rest + 16)), mix(d, rest + 24));
    uint32_t sum = (uint32_t)(a ^ a >> 32);
    return sum ? sum : 1;
}

/* A program can have taken the access away from pages that lie in its block. */
struct reach {
    const struct ffisan_listed *block;
    uint32_t sum;
};

static void sum_guarded(void *argument)
{
    struct reach *reach = argument;
    reach->sum = sum(reach->block);
}

static void wipe_guarded(void *argument)
{
    const struct reach *reach = argument;
    size_t size = reach->block->size < WIPED ? reach->block->size : WIPED;
    memset((void *)reach->block->block, 0, size);
}

static uint32_t sum_of(uint32_t number)
{
    struct reach reach = {.block = books(number)};
    if (reach.block->size < FFISAN_PAGE_SIZE)
        return sum(reach.block);
    return ffisan_guard_try(sum_guarded, &reach) ? reach.sum : 0;
}

/* In doubt it may be another block than the one that was listed, and smaller. */
static void trim(struct ffisan_listed *block)
{
    size_t usable =
        ledger.source.usable_size ? ledger.source.usable_size((void *)block->block) : LEAST_USABLE;
    if (usable < block->size)
        block->size = usable;
}

void ffisan_ledger_kill(const struct ffisan_slot_ref *ref)
{
    uint32_t number = number_of(ref);
    if (ledger.is_in_doubt)
        trim(books(number));
    else
        ffisan_heap_check_redzone(ledger.heap, ref);
    ref->slot->type = 0;
    ledger.stats.n_gone++;
    ledger.links[number].sum = sum_of(number);
    rest(number);
}

/* Was it written to, by somebody who was not seen to do it?  Then it is of no use to anybody. */
static bool was_written(uint32_t number)
{
    struct ffisan_slot_ref ref = refer(number);
    uint32_t sum = ledger.links[number].sum;
    if (ref.slot->is_damaged || sum == 0 || sum_of(number) == sum)
        return false;
    ref.slot->is_damaged = 1; /* once */
    if (ledger.n_written == MAX_WRITTEN)
        return false;
    ledger.written[ledger.n_written++] = number;
    return true;
}

/* What it led to is nothing to go by for who looks for leaks. */
static void wipe(uint32_t number)
{
    struct reach reach = {.block = books(number)};
    if (ledger.is_in_doubt)
        return;
    if (reach.block->size < FFISAN_PAGE_SIZE)
        wipe_guarded(&reach);
    else
        ffisan_guard_try(wipe_guarded, &reach);
}

unsigned ffisan_ledger_take_rested(size_t budget, void **ret_blocks, unsigned max)
{
    unsigned n = 0;
    while (n < max && ledger.oldest &&
           (ledger.stats.resting_bytes > budget || ledger.stats.n_resting > MAX_RESTING)) {
        uint32_t number = ledger.oldest;
        stop_resting(number);
        if (was_written(number))
            continue;
        wipe(number);
        ret_blocks[n++] = (void *)books(number)->block;
        give_number(number);
    }
    return n;
}

void ffisan_ledger_check_resting(void)
{
    for (uint32_t number = ledger.oldest; number; number = ledger.links[number].after)
        was_written(number);
}

bool ffisan_ledger_take_written(struct ffisan_slot_ref *ret_ref)
{
    if (ledger.n_written == 0)
        return false;
    *ret_ref = refer(ledger.written[--ledger.n_written]);
    return true;
}

size_t ffisan_ledger_budget(void)
{
    return ledger.heap->quarantine_budget;
}

void ffisan_ledger_give(void *block)
{
    ledger.source.give(block);
}

struct ffisan_ledger_stats ffisan_ledger_stats(void)
{
    return ledger.stats;
}
