/* SPDX-License-Identifier: MIT */
#include "runtime/heap/seal.h"

#include <string.h>

#define SHORT 64u
#define LANES 4
#define FACTOR UINT64_C(0x9e3779b97f4a7c15)

/* Each step can be undone, so one changed word changes the 64 bits of the sum for certain. */
static inline uint64_t add_word(uint64_t sum, uintptr_t address)
{
    uint64_t word;
    memcpy(&word, (const void *)address, sizeof(word));
    return (sum ^ word) * FACTOR;
}

/* The last bytes, which fill no word. Reads up to 7 bytes more: behind a block is its redzone. */
static inline uint64_t add_rest(uint64_t sum, uintptr_t address, size_t size)
{
    uint64_t word;
    memcpy(&word, (const void *)address, sizeof(word));
    return (sum ^ (word & ((UINT64_C(1) << 8 * size) - 1))) * FACTOR;
}

static uint64_t sum_words(uint64_t sum, uintptr_t address, size_t size)
{
    for (; size >= 8; address += 8, size -= 8)
        sum = add_word(sum, address);
    return add_rest(sum, address, size);
}

/* Independent lanes, so that multiplications overlap. */
static uint64_t sum_lanes(uint64_t seed, uintptr_t address, size_t size)
{
    uint64_t lanes[LANES], sum = seed;
    for (unsigned i = 0; i < LANES; i++)
        lanes[i] = seed + i;
    for (; size >= 8 * LANES; address += 8 * LANES, size -= 8 * LANES)
        for (unsigned i = 0; i < LANES; i++)
            lanes[i] = add_word(lanes[i], address + 8 * i);
    for (unsigned i = 0; i < LANES; i++)
        sum = (sum ^ lanes[i] ^ lanes[i] >> 32) * FACTOR;
    return sum_words(sum, address, size);
}

static uint32_t current_sum(const struct ffisan_slot_ref *ref, size_t skip)
{
    uintptr_t start = ref->block + skip;
    size_t size = ffisan_slot_size(ref) - skip, half = FFISAN_SEAL_WHOLE / 2;
    uint64_t sum;
    if (size <= SHORT)
        sum = sum_words(size, start, size);
    else if (size <= FFISAN_SEAL_WHOLE)
        sum = sum_lanes(size, start, size);
    else
        sum = sum_lanes(sum_lanes(size, start, half), start + size - half, half);
    return (uint32_t)(((sum ^ sum >> 32) * FACTOR) >> 32);
}

void ffisan_seal_put(const struct ffisan_slot_ref *ref, size_t skip)
{
    uint32_t *sums = ffisan_region_sums(ref->region);
    if (!sums)
        return;
    sums[ref->slot - ref->region->slots] = current_sum(ref, skip);
    ref->slot->is_sealed = 1;
    ref->span->sealed[ref->index >> 6] |= ffisan_slot_bit(ref);
    ref->span->has_sealed = true;
}

bool ffisan_seal_check(struct ffisan_heap *heap, const struct ffisan_slot_ref *ref, size_t skip)
{
    const struct ffisan_region *region = ref->region;
    if (!ffisan_seal_is_there(ref) ||
        region->sums[ref->slot - region->slots] == current_sum(ref, skip))
        return true;
    ref->slot->is_sealed = 0;
    if (heap->n_damage == FFISAN_DAMAGE_MAX) {
        heap->n_damage_dropped++;
        return false;
    }
    heap->damage[heap->n_damage++] =
        (struct ffisan_damage){.block = ref->block,
                               .size = ffisan_slot_size(ref),
                               .stack = ref->slot->stack,
                               .type = ref->slot->type,
                               .was_live = ffisan_slot_state(ref) == FFISAN_SLOT_LIVE,
                               .is_content = true};
    return false;
}

static void check_dead(struct ffisan_region *region, uint32_t span_index, size_t skip)
{
    struct ffisan_span *span = &region->spans[span_index];
    struct ffisan_slot_ref ref = {.region = region, .span = span};
    uintptr_t start = region->base + ((uintptr_t)span_index << FFISAN_SPAN_SHIFT);
    size_t first = (size_t)span_index * FFISAN_SLOTS_PER_SPAN;
    for (uint32_t w = 0; w < span->n_words; w++) {
        uint64_t bits = span->sealed[w] & span->dead[w];
        for (; bits; bits &= bits - 1) {
            ref.index = w * 64 + (uint32_t)__builtin_ctzl(bits);
            ref.slot = &region->slots[first + ref.index];
            ref.block = start + (uintptr_t)ref.index * span->slot_size;
            ffisan_seal_check(region->heap, &ref, skip);
        }
    }
}

void ffisan_seal_check_dead(struct ffisan_heap *heap, size_t skip)
{
    for (struct ffisan_region *region = heap->regions; region; region = region->next)
        for (uint32_t i = 0; i < region->n_spans_used; i++)
            if (region->spans[i].has_sealed && region->spans[i].has_dead)
                check_dead(region, i, skip);
}
