/* SPDX-License-Identifier: MIT */
#include "runtime/heap/heap.h"

#include "base/pages.h"
#include "runtime/heap/window.h"

#include <string.h>

struct ffisan_region *ffisan_region_table[(size_t)1 << (47 - FFISAN_REGION_SHIFT)];

#define SLOTS_BYTES (FFISAN_SPANS_PER_REGION * FFISAN_SLOTS_PER_SPAN * sizeof(struct ffisan_slot))

static struct {
    uintptr_t low, high;
} bounds;

/* Two threads may do so at a time; then a later region puts it right. */
static void widen_bounds(const struct ffisan_region *region)
{
    if (bounds.high == 0 || region->base < bounds.low)
        bounds.low = region->base;
    if (region->base + region->size > bounds.high)
        bounds.high = region->base + region->size;
}

void ffisan_region_bounds(uintptr_t *ret_low, uintptr_t *ret_high)
{
    *ret_low = bounds.low;
    *ret_high = bounds.high;
}

static void set_table(const struct ffisan_region *region, struct ffisan_region *value)
{
    for (size_t offset = 0; offset < region->size; offset += FFISAN_REGION_SIZE)
        ffisan_region_table[(region->base + offset) >> FFISAN_REGION_SHIFT] = value;
}

static struct ffisan_region *make(struct ffisan_heap *heap, void *pages, size_t size)
{
    struct ffisan_region *region = ffisan_pages_map(sizeof(*region));
    void *slots = ffisan_pages_map(SLOTS_BYTES);
    if (!region || !slots) {
        if (region)
            ffisan_pages_unmap(region, sizeof(*region));
        if (slots)
            ffisan_pages_unmap(slots, SLOTS_BYTES);
        return NULL;
    }
    region->base = (uintptr_t)pages;
    region->size = size;
    region->heap = heap;
    region->note_size = heap ? heap->note_size : 0;
    region->slots = slots;
    set_table(region, region);
    if (heap && heap->is_of_state)
        widen_bounds(region);
    return region;
}

static void unmap(void *pages, size_t size)
{
    ffisan_pages_unmap(pages, size);
    ffisan_window_give_back((uintptr_t)pages);
}

struct ffisan_region *ffisan_region_new(struct ffisan_heap *heap, size_t size)
{
    void *pages = NULL;
    size = (size + FFISAN_REGION_SIZE - 1) & ~(FFISAN_REGION_SIZE - 1);
    if (heap && heap->is_of_state && size == FFISAN_REGION_SIZE)
        pages = ffisan_window_map();
    if (!pages)
        pages = ffisan_pages_map_aligned(size, FFISAN_REGION_SIZE);
    struct ffisan_region *region = pages ? make(heap, pages, size) : NULL;
    if (pages && !region)
        unmap(pages, size);
    return region;
}

struct ffisan_region *ffisan_region_adopt(struct ffisan_heap *heap, uintptr_t pages)
{
    struct ffisan_region *region = make(heap, (void *)pages, FFISAN_REGION_SIZE);
    if (region)
        region->is_adopted = true;
    return region;
}

static size_t notes_bytes(const struct ffisan_region *region)
{
    return FFISAN_SPANS_PER_REGION * FFISAN_SLOTS_PER_SPAN * (size_t)region->note_size;
}

char *ffisan_region_notes(struct ffisan_region *region)
{
    if (!region->notes && region->note_size)
        region->notes = ffisan_pages_map(notes_bytes(region));
    return region->notes;
}

static const struct ffisan_listed *find_listed(const struct ffisan_slot_ref *ref)
{
    const struct ffisan_region *region = ref->region;
    return region->listed ? &region->listed[ref->slot - region->slots] : NULL;
}

size_t ffisan_region_large_size(const struct ffisan_slot_ref *ref)
{
    const struct ffisan_listed *listed = find_listed(ref);
    return listed ? listed->size : ref->span->large_size;
}

size_t ffisan_region_large_extent(const struct ffisan_slot_ref *ref)
{
    const struct ffisan_listed *listed = find_listed(ref);
    return listed ? listed->room + FFISAN_REDZONE_MIN
                  : (size_t)ref->span->n_spans << FFISAN_SPAN_SHIFT;
}

#define SUMS_BYTES (FFISAN_SPANS_PER_REGION * FFISAN_SLOTS_PER_SPAN * sizeof(uint32_t))

uint32_t *ffisan_region_sums(struct ffisan_region *region)
{
    if (__builtin_expect(!region->sums, 0))
        region->sums = ffisan_pages_map(SUMS_BYTES);
    return region->sums;
}

void ffisan_region_free(struct ffisan_region *region)
{
    if (region->notes)
        ffisan_pages_unmap(region->notes, notes_bytes(region));
    if (region->sums)
        ffisan_pages_unmap(region->sums, SUMS_BYTES);
    set_table(region, NULL);
    if (!region->is_adopted)
        unmap((void *)region->base, region->size);
    ffisan_pages_unmap(region->slots, SLOTS_BYTES);
    ffisan_pages_unmap(region, sizeof(*region));
}

/* First fit: spans are taken rarely, and mostly one at a time from the untouched end. */
static uint32_t find_free(const struct ffisan_region *region, uint32_t n)
{
    uint32_t run = 0;
    for (uint32_t i = 0; i < region->n_spans_used; i++) {
        run = region->spans[i].slot_size == 0 && region->spans[i].n_spans == 0 ? run + 1 : 0;
        if (run == n)
            return i + 1 - n;
    }
    return UINT32_MAX;
}

uint32_t ffisan_region_take_spans(struct ffisan_region *region, uint32_t n)
{
    uint32_t first = UINT32_MAX;
    if (region->n_spans_free >= n) {
        first = find_free(region, n);
        if (first != UINT32_MAX)
            region->n_spans_free -= n;
    }
    if (first == UINT32_MAX) {
        if (n > FFISAN_SPANS_PER_REGION - region->n_spans_used)
            return UINT32_MAX;
        first = region->n_spans_used;
        region->n_spans_used += n;
    }
    for (uint32_t i = first; i < first + n; i++) {
        region->spans[i].head = (uint16_t)first;
        region->spans[i].n_spans = n;
    }
    return first;
}

void ffisan_region_give_spans(struct ffisan_region *region, uint32_t first, uint32_t n)
{
    for (uint32_t i = first; i < first + n; i++) {
        memset(&region->spans[i], 0, sizeof(region->spans[i]));
        region->spans[i].head = (uint16_t)i;
    }
    region->n_spans_free += n;
}
