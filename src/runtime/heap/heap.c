/* SPDX-License-Identifier: MIT */
/*
 * Slots of equal size lie side by side in spans; a bin hands out never used slots by moving a
 * pointer and reusable ones from a list.  The list is linked through the slots themselves because
 * the slot is about to be written anyway; a check word notices when somebody else wrote there.
 */
#include "runtime/heap/heap.h"

#include "base/pages.h"
#include "runtime/heap/redzone.h"
#include "runtime/heap/sizes.h"

#include <string.h>

#define FREE_KEY UINT64_C(0x7f4a7c15d1b54a33)

/* What lies in a slot while it waits for reuse. */
struct free_slot {
    uintptr_t next;
    struct ffisan_slot *slot;
    uintptr_t check;
};
_Static_assert(sizeof(struct free_slot) <= FFISAN_SLOT_MIN, "a free slot must hold its links");

static uintptr_t free_check(const struct free_slot *entry)
{
    return entry->next ^ (uintptr_t)entry->slot ^ FREE_KEY;
}

void ffisan_heap_init(struct ffisan_heap *heap, size_t quarantine_budget)
{
    memset(heap, 0, sizeof(*heap));
    for (unsigned i = 0; i < FFISAN_N_SIZES; i++)
        heap->bins[i].slot_size = ffisan_sizes_slot(i);
    heap->quarantine_budget = quarantine_budget;
}

static void free_chunks(struct ffisan_dead_chunk *chunk)
{
    while (chunk) {
        struct ffisan_dead_chunk *next = chunk->next;
        ffisan_pages_unmap(chunk, sizeof(*chunk));
        chunk = next;
    }
}

void ffisan_heap_fini(struct ffisan_heap *heap)
{
    free_chunks(heap->oldest_dead);
    free_chunks(heap->spare_chunks);
    heap->oldest_dead = heap->youngest_dead = heap->spare_chunks = NULL;
    while (heap->regions) {
        struct ffisan_region *next = heap->regions->next;
        ffisan_region_free(heap->regions);
        heap->regions = next;
    }
    heap->last_region = NULL;
}

static struct ffisan_region *add_region(struct ffisan_heap *heap, size_t size)
{
    struct ffisan_region *region = ffisan_region_new(heap, size);
    if (!region) {
        heap->out_of_memory++;
        return NULL;
    }
    if (heap->last_region)
        heap->last_region->next = region;
    else
        heap->regions = region;
    heap->last_region = region;
    return region;
}

static uint32_t take_spans(struct ffisan_heap *heap, uint32_t n, struct ffisan_region **ret_region)
{
    for (struct ffisan_region *region = heap->regions; region; region = region->next) {
        if (region->size != FFISAN_REGION_SIZE)
            continue;
        uint32_t first = ffisan_region_take_spans(region, n);
        if (first != UINT32_MAX) {
            *ret_region = region;
            return first;
        }
    }
    *ret_region = add_region(heap, FFISAN_REGION_SIZE);
    return *ret_region ? ffisan_region_take_spans(*ret_region, n) : UINT32_MAX;
}

static bool refill(struct ffisan_heap *heap, struct ffisan_bin *bin)
{
    struct ffisan_region *region;
    uint32_t index = take_spans(heap, 1, &region);
    if (index == UINT32_MAX)
        return false;
    struct ffisan_span *span = &region->spans[index];
    span->n_spans = 0;
    span->slot_size = bin->slot_size;
    span->reciprocal = (uint32_t)(((UINT64_C(1) << 32) + bin->slot_size - 1) / bin->slot_size);
    bin->bump = region->base + ((uintptr_t)index << FFISAN_SPAN_SHIFT);
    bin->bump_end = bin->bump + FFISAN_SPAN_SIZE / bin->slot_size * bin->slot_size;
    bin->bump_slot = &region->slots[index * FFISAN_SLOTS_PER_SPAN];
    return true;
}

static void *alloc_huge(struct ffisan_heap *heap, size_t size, uint32_t stack,
                        struct ffisan_slot_ref *ret_ref)
{
    struct ffisan_region *region;
    uint32_t index = 0;
    size_t n_spans = (size + FFISAN_REDZONE_MIN + FFISAN_SPAN_SIZE - 1) >> FFISAN_SPAN_SHIFT;
    if (n_spans <= FFISAN_SPANS_PER_REGION) {
        index = take_spans(heap, (uint32_t)n_spans, &region);
        if (index == UINT32_MAX)
            return NULL;
    } else {
        region = add_region(heap, n_spans << FFISAN_SPAN_SHIFT);
        if (!region)
            return NULL;
        region->n_spans_used = FFISAN_SPANS_PER_REGION;
    }
    struct ffisan_span *span = &region->spans[index];
    span->slot_size = 1; /* in use; the sizes of a large block are n_spans and large_size */
    span->n_spans = (uint32_t)n_spans;
    span->large_size = size;
    ret_ref->region = region;
    ret_ref->span = span;
    ret_ref->index = 0;
    ret_ref->slot = &region->slots[index * FFISAN_SLOTS_PER_SPAN];
    ret_ref->block = region->base + ((uintptr_t)index << FFISAN_SPAN_SHIFT);
    *ret_ref->slot = (struct ffisan_slot){.stack = stack, .slack = UINT16_MAX, .state = FFISAN_SLOT_LIVE};
    heap->stats.live_bytes += n_spans << FFISAN_SPAN_SHIFT;
    ffisan_redzone_fill(ret_ref->block + size, FFISAN_REDZONE_MIN);
    return (void *)ret_ref->block;
}

/* Takes the first slot of the list, or 0 when the list is empty or was written to. */
static uintptr_t pop_free(struct ffisan_heap *heap, struct ffisan_bin *bin,
                          struct ffisan_slot **ret_slot)
{
    const struct free_slot *entry = (const struct free_slot *)bin->free;
    if (!entry)
        return 0;
    if (__builtin_expect(entry->check != free_check(entry), 0)) {
        heap->n_corrupt_free_lists++;
        bin->free = 0; /* somebody wrote into freed memory: never touch these slots again */
        return 0;
    }
    *ret_slot = entry->slot;
    bin->free = entry->next;
    return (uintptr_t)entry;
}

void *ffisan_heap_alloc(struct ffisan_heap *heap, size_t size, uint32_t stack,
                        struct ffisan_slot_ref *ret_ref)
{
    heap->stats.n_allocs++;
    unsigned number = ffisan_sizes_find(size);
    if (__builtin_expect(number >= FFISAN_N_SIZES, 0))
        return alloc_huge(heap, size, stack, ret_ref);
    struct ffisan_bin *bin = &heap->bins[number];
    struct ffisan_slot *slot;
    uintptr_t block = pop_free(heap, bin, &slot);
    if (!block) {
        if (bin->bump == bin->bump_end && !refill(heap, bin))
            return NULL;
        block = bin->bump;
        slot = bin->bump_slot++;
        bin->bump += bin->slot_size;
    }
    uint32_t slack = bin->slot_size - (uint32_t)size;
    *slot = (struct ffisan_slot){.stack = stack, .slack = (uint16_t)slack, .state = FFISAN_SLOT_LIVE};
    ffisan_redzone_fill(block + size, slack);
    heap->stats.live_bytes += bin->slot_size;
    ret_ref->slot = slot;
    ret_ref->block = block;
    ret_ref->region = NULL;
    return (void *)block;
}

bool ffisan_heap_find(struct ffisan_heap *heap, uintptr_t address, struct ffisan_slot_ref *ret_ref)
{
    struct ffisan_region *region = ffisan_region_find(address);
    return region && region->heap == heap && ffisan_slot_find(region, address, ret_ref);
}

void ffisan_heap_set_holder(const struct ffisan_slot_ref *ref, bool is_holder)
{
    size_t number = (size_t)(ref->slot - ref->region->slots);
    uint64_t bit = UINT64_C(1) << (number & 63);
    uint64_t *word = &ref->region->holders[number >> 6];
    if (((*word & bit) != 0) == is_holder)
        return;
    *word ^= bit;
    if (is_holder)
        ref->span->n_holders++;
    else
        ref->span->n_holders--;
}

static size_t slot_bytes(const struct ffisan_slot_ref *ref)
{
    return ref->span->n_spans ? (size_t)ref->span->n_spans << FFISAN_SPAN_SHIFT
                              : ref->span->slot_size;
}

static void push_dead(struct ffisan_heap *heap, uintptr_t block)
{
    struct ffisan_dead_chunk *chunk = heap->youngest_dead;
    if (__builtin_expect(!chunk || chunk->n == FFISAN_DEAD_PER_CHUNK, 0)) {
        chunk = heap->spare_chunks;
        if (chunk)
            heap->spare_chunks = chunk->next;
        else
            chunk = ffisan_pages_map(sizeof(*chunk));
        if (!chunk) { /* no memory for our books: the slot is simply never reused */
            heap->out_of_memory++;
            return;
        }
        chunk->next = NULL;
        chunk->n = chunk->n_released = 0;
        if (heap->youngest_dead)
            heap->youngest_dead->next = chunk;
        else
            heap->oldest_dead = chunk;
        heap->youngest_dead = chunk;
    }
    chunk->blocks[chunk->n++] = block;
}

bool ffisan_heap_kill(struct ffisan_heap *heap, void *block)
{
    struct ffisan_slot_ref ref;
    if (!ffisan_heap_find(heap, (uintptr_t)block, &ref) || ref.slot->state != FFISAN_SLOT_LIVE ||
        ref.block != (uintptr_t)block)
        return false;
    ffisan_heap_check_redzone(heap, &ref);
    heap->stats.n_frees++;
    size_t bytes = slot_bytes(&ref);
    heap->stats.live_bytes -= bytes;
    heap->stats.dead_bytes += bytes;
    heap->dead_unaudited += bytes;
    ref.slot->state = FFISAN_SLOT_DEAD;
    if (ref.slot->type)
        ffisan_heap_set_holder(&ref, false);
    push_dead(heap, ref.block);
    return true;
}

void ffisan_heap_unhold(struct ffisan_heap *heap, const struct ffisan_slot_ref *ref)
{
    uint8_t state = ref->slot->state;
    ref->slot->state = FFISAN_SLOT_DEAD;
    if (state != FFISAN_SLOT_HELD_OFF_LIST)
        return;
    size_t bytes = slot_bytes(ref);
    heap->stats.held_bytes -= bytes;
    heap->stats.dead_bytes += bytes;
    push_dead(heap, ref->block);
}

static void remove_region(struct ffisan_heap *heap, struct ffisan_region *region)
{
    struct ffisan_region *before = NULL;
    for (struct ffisan_region *r = heap->regions; r != region; r = r->next)
        before = r;
    if (before)
        before->next = region->next;
    else
        heap->regions = region->next;
    if (heap->last_region == region)
        heap->last_region = before;
    ffisan_region_free(region);
}

static void reuse_large(struct ffisan_heap *heap, const struct ffisan_slot_ref *ref)
{
    struct ffisan_region *region = ref->region;
    uint32_t n_spans = ref->span->n_spans;
    if (region->size != FFISAN_REGION_SIZE || n_spans > FFISAN_SPANS_PER_REGION) {
        remove_region(heap, region);
        return;
    }
    ffisan_pages_discard((void *)ref->block, (size_t)n_spans << FFISAN_SPAN_SHIFT);
    ffisan_region_give_spans(region, ffisan_span_index(region, ref->block), n_spans);
}

void ffisan_heap_reuse(struct ffisan_heap *heap, const struct ffisan_slot_ref *ref)
{
    ref->slot->state = FFISAN_SLOT_FREE;
    if (ref->span->n_spans) {
        reuse_large(heap, ref);
        return;
    }
    struct ffisan_bin *bin = &heap->bins[ffisan_sizes_find(ref->span->slot_size - FFISAN_REDZONE_MIN)];
    struct free_slot *entry = (struct free_slot *)ref->block;
    entry->next = bin->free;
    entry->slot = ref->slot;
    entry->check = free_check(entry);
    bin->free = ref->block;
}

static void release_one(struct ffisan_heap *heap, uintptr_t block)
{
    struct ffisan_slot_ref ref;
    if (!ffisan_heap_find(heap, block, &ref))
        return;
    size_t bytes = slot_bytes(&ref);
    heap->stats.dead_bytes -= bytes;
    if (ref.slot->state == FFISAN_SLOT_HELD) {
        heap->stats.held_bytes += bytes;
        ref.slot->state = FFISAN_SLOT_HELD_OFF_LIST; /* its stand-in gives it back */
        return;
    }
    ffisan_heap_reuse(heap, &ref);
}

void ffisan_heap_release(struct ffisan_heap *heap)
{
    heap->dead_unaudited = 0;
    struct ffisan_dead_chunk *chunk = heap->oldest_dead;
    while (chunk && heap->stats.dead_bytes > heap->quarantine_budget) {
        if (chunk->n_released < chunk->n) {
            release_one(heap, chunk->blocks[chunk->n_released++]);
            continue;
        }
        heap->oldest_dead = chunk->next;
        if (!heap->oldest_dead)
            heap->youngest_dead = NULL;
        chunk->next = heap->spare_chunks;
        heap->spare_chunks = chunk;
        chunk = heap->oldest_dead;
    }
}
