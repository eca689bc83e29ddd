/* SPDX-License-Identifier: MIT */
/* What is skipped has no word that leads into a range, and all of that is skipped. */
#include "runtime/heap/scan.h"

#include "runtime/heap/region.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>

enum { N_BYTES = 4096 };

static unsigned char memory[N_BYTES + 64];

static bool leads(uint64_t word, const struct ffisan_scan_range *range)
{
    return word - range->lo < range->hi - range->lo && range->hi > range->lo;
}

/* How many whole steps from `start` lead nowhere. */
static size_t skipped(const unsigned char *start, size_t size, const struct ffisan_scan_range *a,
                      const struct ffisan_scan_range *b)
{
    size_t steps = size / FFISAN_SCAN_STEP * FFISAN_SCAN_STEP;
    for (size_t at = 0; at < steps; at += 8) {
        uint64_t word;
        memcpy(&word, start + at, sizeof(word));
        if (leads(word, a) || leads(word, b))
            return at / FFISAN_SCAN_STEP * FFISAN_SCAN_STEP;
    }
    return steps;
}

/* Words of all kinds that lead to neither, also such as differ in one half only. */
static uint64_t harmless(const struct ffisan_scan_range *a, const struct ffisan_scan_range *b)
{
    for (;;) {
        uint64_t word = (uint64_t)rand() << 33 ^ (uint64_t)rand() << 11 ^ (uint64_t)rand();
        switch (rand() % 4) {
        case 0:
            word = a->lo << 32 | a->lo >> 32; /* its halves, the other way round */
            break;
        case 1:
            word %= 4096;
            break;
        case 2:
            word = a->hi + ((uint64_t)5 << 32) + word % 4096;
            break;
        }
        if (word >> 32 != a->lo >> 32 && word >> 32 != b->lo >> 32)
            return word;
    }
}

static bool is_right(const struct ffisan_scan_range *a, const struct ffisan_scan_range *b)
{
    for (unsigned round = 0; round < 3000; round++) {
        size_t offset = (size_t)rand() % 9, size = (size_t)rand() % N_BYTES;
        unsigned char *start = memory + offset;
        for (size_t at = 0; at + 8 <= N_BYTES; at += 8) {
            uint64_t word = harmless(a, b);
            memcpy(start + at, &word, sizeof(word));
        }
        for (unsigned i = (unsigned)rand() % 3; i > 0; i--) {
            const struct ffisan_scan_range *range = rand() % 2 ? a : b;
            uint64_t word = range->lo;
            if (range->hi <= range->lo)
                continue;
            word += (uint64_t)rand() % 3 ? (uint64_t)rand() % (range->hi - range->lo)
                                         : range->hi - range->lo - 1;
            memcpy(start + (size_t)rand() % (N_BYTES / 8) * 8, &word, sizeof(word));
        }
        size_t is = ffisan_scan_skip((uintptr_t)start, size, a, b);
        if (is != skipped(start, size, a, b)) {
            printf("# %zu bytes of %zu skipped, not %zu\n", is, size, skipped(start, size, a, b));
            return false;
        }
    }
    return true;
}

/* A word anywhere is seen, and memory in which nothing is like one is passed over. */
static bool is_seen_anywhere(const struct ffisan_scan_range *a, const struct ffisan_scan_range *b)
{
    bool all = true;
    for (size_t size = 8; size <= 300; size++)
        for (size_t at = 0; at + 8 <= size; at++) {
            const struct ffisan_scan_range *range = at % 2 ? a : b;
            uint64_t word = range->lo + size * 4096 + at;
            memset(memory, 0x11, sizeof(memory));
            if (ffisan_scan_may_be_anywhere((uintptr_t)memory, size, a, b) && size >= 64)
                return false;
            memcpy(memory + at, &word, sizeof(word));
            all = all && ffisan_scan_may_be_anywhere((uintptr_t)memory, size, a, b);
        }
    return all;
}

int main(void)
{
    const uint64_t gib = UINT64_C(1) << 30;
    const struct ffisan_scan_range window = {0x7ef500000000, 0x7ef500000000 + gib, true},
                                   other = {0x7f0100000000, 0x7f0100000000 + gib, true},
                                   none = {0, 0, true},
                                   used_none = {0x7f0100000000, 0x7f0100000000, true};
    const struct ffisan_scan_range wide = {0x7ef5c0000000, 0x7ef5c0000000 + 2 * gib, true},
                                   shared = {0x7ef500000000, 0x7ef500000000 + gib, false};
    srand(1);
    TAP_OK(is_right(&window, &other), "two ranges with a window of their own each");
    TAP_OK(is_right(&window, &none) && is_right(&none, &window) && is_right(&window, &used_none),
           "one range with a window of its own");
    TAP_OK(is_right(&wide, &other) && is_right(&other, &wide), "a range of two windows");
    TAP_OK(is_right(&shared, &other) && is_right(&shared, &none), "a range that is not alone");
    TAP_OK(ffisan_scan_skip((uintptr_t)memory, N_BYTES, &none, &used_none) == N_BYTES,
           "nothing leads to no range");
    TAP_OK(ffisan_scan_skip((uintptr_t)memory, FFISAN_SCAN_STEP - 1, &window, &other) == 0,
           "less than a step is not looked at");
    TAP_OK(is_seen_anywhere(&window, &other), "a word is seen at whatever byte it begins");
    TAP_OK(ffisan_scan_may_be_anywhere((uintptr_t)memory, N_BYTES, &shared, &none),
           "nothing is said of a range that is not alone");
    uint64_t neighbour = shared.hi + 8 * FFISAN_REGION_SIZE;
    memset(memory, 0, sizeof(memory));
    memcpy(memory + 128, &neighbour, sizeof(neighbour));
    TAP_OK(ffisan_scan_skip((uintptr_t)memory, N_BYTES, &shared, &none) == N_BYTES,
           "what leads beside a range that is not alone is skipped, too");
    return tap_done();
}
