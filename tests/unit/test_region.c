/* SPDX-License-Identifier: MIT */
/* Spans are taken, given back and joined; any address leads to its region or to none. */
#include "runtime/heap/heap.h"

#include "tap.h"

#include <stdlib.h>
#include <string.h>

enum { N = FFISAN_SPANS_PER_REGION };

static struct ffisan_heap heap;

static void test_table(void)
{
    struct ffisan_region *one = ffisan_region_new(&heap, FFISAN_REGION_SIZE);
    struct ffisan_region *three = ffisan_region_new(&heap, 2 * FFISAN_REGION_SIZE + 1);
    if (!TAP_OK(one && three, "regions are made"))
        exit(tap_done());
    TAP_OK(one->size == FFISAN_REGION_SIZE && three->size == 3 * FFISAN_REGION_SIZE,
           "sizes are whole regions");
    TAP_OK(one->base % FFISAN_REGION_SIZE == 0 && three->base % FFISAN_REGION_SIZE == 0 &&
               (three->base + three->size) >> 47 == 0,
           "regions are aligned, and low enough for LuaJIT");
    bool ok = true;
    for (size_t offset = 0; offset < three->size; offset += 4096 * 77)
        ok = ok && ffisan_region_find(three->base + offset) == three;
    TAP_OK(ok && ffisan_region_find(three->base + three->size - 1) == three,
           "every address of a region leads to it");
    TAP_OK(ffisan_region_find(one->base) == one && ffisan_region_find(one->base - 1) != one &&
               ffisan_region_find(one->base + one->size) != one,
           "others do not");
    TAP_OK(!ffisan_region_find(0) && !ffisan_region_find((uintptr_t)1 << 47) &&
               !ffisan_region_find(UINTPTR_MAX) && !ffisan_region_find((uintptr_t)&one),
           "nor do addresses of nobody");
    uintptr_t base = three->base;
    ffisan_region_free(three);
    TAP_OK(!ffisan_region_find(base) && !ffisan_region_find(base + 2 * FFISAN_REGION_SIZE),
           "a region that is gone is not found");
    ffisan_region_free(one);
}

static void test_spans(void)
{
    struct ffisan_region *region = ffisan_region_new(&heap, FFISAN_REGION_SIZE);
    TAP_OK(ffisan_region_take_spans(region, 1) == 0 && ffisan_region_take_spans(region, 5) == 1 &&
               ffisan_region_take_spans(region, 1) == 6,
           "spans are taken in order");
    TAP_OK(region->spans[3].head == 1 && region->spans[5].head == 1 && region->spans[6].head == 6,
           "each knows the first of its block");
    ffisan_region_give_spans(region, 1, 5);
    TAP_OK(ffisan_region_take_spans(region, 2) == 1 && ffisan_region_take_spans(region, 3) == 3,
           "a hole is filled before fresh spans");
    ffisan_region_give_spans(region, 1, 2);
    ffisan_region_give_spans(region, 3, 3);
    TAP_OK(ffisan_region_take_spans(region, 5) == 1, "neighbours that are given back are one hole");
    TAP_OK(ffisan_region_take_spans(region, N - 7) == 7, "all can be taken");
    TAP_OK(ffisan_region_take_spans(region, 1) == UINT32_MAX, "and no more");
    ffisan_region_give_spans(region, 7, N - 7);
    TAP_OK(ffisan_region_take_spans(region, N - 6) == UINT32_MAX &&
               ffisan_region_take_spans(region, N - 7) == 7,
           "the rest is as large as it was");
    ffisan_region_free(region);
}

/* Random takes and gives against an array of owners. */
static void test_random(void)
{
    struct ffisan_region *region = ffisan_region_new(&heap, FFISAN_REGION_SIZE);
    static uint32_t owner[N], first_of[N], size_of[N];
    uint32_t n_blocks = 0, n_refused = 0;
    bool overlap = false, waste = false;
    memset(owner, 0, sizeof(owner));
    srand(4711);
    for (uint32_t step = 1; step < 20000; step++) {
        if (n_blocks > 0 && rand() % 2) {
            uint32_t i = (uint32_t)rand() % n_blocks--;
            ffisan_region_give_spans(region, first_of[i], size_of[i]);
            memset(&owner[first_of[i]], 0, size_of[i] * sizeof(owner[0]));
            first_of[i] = first_of[n_blocks];
            size_of[i] = size_of[n_blocks];
            continue;
        }
        uint32_t n = 1 + (uint32_t)rand() % (rand() % 8 ? 4 : 200), run = 0;
        uint32_t first = ffisan_region_take_spans(region, n);
        if (first == UINT32_MAX) {
            n_refused++;
            for (uint32_t i = 0; i < N; i++) {
                run = owner[i] ? 0 : i == region->n_spans_used ? 1 : run + 1;
                waste = waste || run >= n;
            }
            continue;
        }
        for (uint32_t i = first; i < first + n; i++) {
            overlap = overlap || i >= N || owner[i];
            owner[i] = step;
        }
        first_of[n_blocks] = first;
        size_of[n_blocks++] = n;
        region->spans[first].slot_size = 1;
        region->spans[first].n_spans = n;
    }
    TAP_OK(!overlap, "no span is taken twice");
    TAP_OK(n_refused > 0, "the region was full at times");
    TAP_OK(!waste, "and refused only what fits in no hole and not behind them");
    ffisan_region_free(region);
}

int main(void)
{
    test_table();
    test_spans();
    test_random();
    return tap_done();
}
