/* SPDX-License-Identifier: MIT */
/*
 * The ledger without an allocator: blocks lie where the test says.  What is found at an address, how
 * blocks rest, what is noticed of those that are written to, and what is left when it is in doubt.
 */
#include "runtime/cmem/ledger.h"

#include "base/pages.h"
#include "runtime/fault/guard.h"
#include "tap.h"

#include <stdlib.h>

#define AREA ((size_t)256 << 20)
#define BUDGET ((size_t)100000)

static struct ffisan_heap heap;
static char *area;
static char *next; /* of the area: not used yet */

bool ffisan_guard_try(void (*run)(void *argument), void *argument)
{
    run(argument);
    return true;
}

static size_t usable_size(void *block)
{
    (void)block;
    return 24;
}

static bool list_at(char *block, size_t size, uint32_t trace)
{
    return ffisan_ledger_add(block, size, ffisan_ledger_room(size), trace);
}

/* The next block, as an allocator with a header of 16 bytes would place it. */
static char *list(size_t size, uint32_t trace)
{
    char *block = next + 16;
    next = block + ((ffisan_ledger_room(size) + 15) & ~(size_t)15);
    return list_at(block, size, trace) ? block : NULL;
}

static bool is_at(const char *address, const char *block)
{
    struct ffisan_slot_ref ref;
    bool found = ffisan_ledger_find((uintptr_t)address, &ref);
    return found ? ref.block == (uintptr_t)block : block == NULL;
}

static void give_up(char *block)
{
    struct ffisan_slot_ref ref;
    if (ffisan_ledger_find_any((uintptr_t)block, &ref))
        ffisan_ledger_kill(&ref);
}

static unsigned take(size_t budget, void **blocks, unsigned max)
{
    unsigned n = 0, got;
    do {
        got = ffisan_ledger_take_rested(budget, blocks + n, max - n);
        n += got;
    } while (got > 0);
    return n;
}

static void test_finding(void)
{
    struct ffisan_slot_ref ref;
    char *first = list(10, 3), *second = list(0, 4), *third = list(5000, 5);
    TAP_OK(is_at(first, first) && is_at(first + 9, first) && is_at(first + 10, first),
           "a block is found by its addresses, and by that of its end");
    TAP_OK(is_at(first - 1, NULL) && is_at(first - 4096, NULL) && is_at(first + 31, NULL),
           "not by one before it, nor by one that its allocator has");
    TAP_OK(is_at(second, second) && is_at(third + 4999, third),
           "so are one of nothing, and a large one");
    ffisan_ledger_find((uintptr_t)third + 100, &ref);
    TAP_OK(ffisan_slot_size(&ref) == 5000 && ref.slot->stack == 5 &&
               ffisan_slot_extent(&ref) >= 5008 && ffisan_slot_state(&ref) == FFISAN_SLOT_LIVE,
           "it knows its size, where it was made, and that it is live");
    TAP_OK(!ffisan_ledger_find(0, &ref) && !ffisan_ledger_find(UINTPTR_MAX, &ref) &&
               !ffisan_ledger_find((uintptr_t)&ref, &ref) &&
               !ffisan_ledger_find((UINT64_C(1) << 47) - 1, &ref),
           "other addresses lead nowhere");
}

/* What begins in the same 32 bytes as the end of another block is not that block. */
static void test_neighbours(void)
{
    char *start = (char *)(((uintptr_t)next + 4095) & ~(uintptr_t)4095);
    char *low = start + 32, *high = start + 32 + 48;
    next = start + 4096;
    TAP_OK(list_at(high, 16, 1) && list_at(low, 17, 2) && is_at(high, high) && is_at(low, low),
           "neighbours are told apart in either order");
    TAP_OK(is_at(low + 17, low) && is_at(low + 47, NULL) && is_at(high - 1, NULL),
           "up to the byte");
    TAP_OK(ffisan_ledger_stats().n_struck == 0, "none of them strikes the other");
}

#define N_MODEL 4000

static void test_against_model(void)
{
    static struct {
        char *block;
        size_t size;
    } model[N_MODEL];
    bool all = true;
    char *start = next;
    srand(7);
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < N_MODEL; i++) {
            if (model[i].block && rand() % 2)
                continue;
            struct ffisan_slot_ref ref;
            if (model[i].block && ffisan_ledger_find((uintptr_t)model[i].block, &ref))
                ffisan_ledger_strike(&ref);
            model[i].size = rand() % 20 ? (size_t)rand() % 200 : (size_t)rand() % 20000;
            model[i].block = list(model[i].size, i + 1);
            next += 16 * (rand() % 4);
        }
        for (unsigned i = 0; i < 20000 && all; i++) {
            unsigned n = (unsigned)rand() % N_MODEL;
            char *address = rand() % 2 ? model[n].block + rand() % (model[n].size + 1)
                                       : start + rand() % (next - start),
                 *want = NULL;
            for (unsigned k = 0; k < N_MODEL; k++)
                if ((size_t)(address - model[k].block) <= model[k].size)
                    want = model[k].block;
            struct ffisan_slot_ref ref;
            bool found = ffisan_ledger_find((uintptr_t)address, &ref) &&
                         (size_t)((uintptr_t)address - ref.block) <= ffisan_slot_size(&ref);
            all = found ? ref.block == (uintptr_t)want : want == NULL;
        }
    }
    TAP_OK(all, "thousands of blocks that come and go are found as a list of them says");
}

static void count_one(void *context, const struct ffisan_slot_ref *ref)
{
    (void)ref;
    ++*(unsigned *)context;
}

static void test_resting(void)
{
    struct ffisan_slot_ref ref;
    void *blocks[64];
    unsigned n_before = 0, n_after = 0;
    char *block = list(100, 6), *other = list(300, 6);
    memset(block, 'a', 100);
    memset(other, 'b', 300);
    ffisan_ledger_each_live(count_one, &n_before);
    give_up(block);
    give_up(other);
    ffisan_ledger_each_live(count_one, &n_after);
    TAP_OK(n_before == n_after + 2, "what was freed is not live");
    TAP_OK(ffisan_ledger_find((uintptr_t)block + 50, &ref) && ref.block == (uintptr_t)block &&
               ffisan_slot_state(&ref) == FFISAN_SLOT_DEAD && block[50] == 'a',
           "it is known, and as it was");
    TAP_OK(take(BUDGET, blocks, 64) == 0, "it rests while there is room");
    TAP_OK(take(0, blocks, 64) == 2 && blocks[0] == block && blocks[1] == other,
           "what was freed first goes first");
    TAP_OK(is_at(block, NULL) && block[50] == 0, "it is not known then, and leads to nothing");
    char *small = list(50, 6), *large = list(BUDGET / 2, 6);
    give_up(small);
    give_up(large);
    TAP_OK(take(BUDGET / 3, blocks, 64) == 1 && blocks[0] == large,
           "a large one does not drive others out");
    TAP_OK(take(0, blocks, 64) == 1 && blocks[0] == small, "which go later");
}

static void test_writing(void)
{
    struct ffisan_slot_ref ref;
    void *blocks[8];
    bool all = true;
    for (size_t size = 1; size < 200; size++) {
        char *block = list(size, 7);
        give_up(block);
        block[rand() % size] ^= (char)(1 << rand() % 8);
        all &= take(0, blocks, 8) == 0 && ffisan_ledger_take_written(&ref) &&
               ref.block == (uintptr_t)block && ffisan_slot_state(&ref) == FFISAN_SLOT_DEAD &&
               !ffisan_ledger_take_written(&ref);
    }
    TAP_OK(all, "any change of a resting block shows, and the block is kept");
    char *block = list(5000, 7);
    give_up(block);
    ffisan_ledger_check_resting();
    TAP_OK(!ffisan_ledger_take_written(&ref), "one that was left alone does not");
    block[3] = 1;
    ffisan_ledger_check_resting();
    TAP_OK(ffisan_ledger_take_written(&ref) && ref.block == (uintptr_t)block,
           "a last look finds those that still rest");
    TAP_OK(take(0, blocks, 8) == 1, "which are given back after that");
}

static void test_bounds(void)
{
    struct ffisan_slot_ref ref;
    char *block = list(20, 8);
    block[20] = 0;
    give_up(block);
    TAP_OK(heap.n_damage == 1 && heap.damage[0].block == (uintptr_t)block &&
               heap.damage[0].size == 20 && heap.damage[0].n_bytes == 1,
           "a byte behind a block is seen when it is freed");
    heap.n_damage = 0;
    block = list(100, 8);
    ffisan_ledger_find((uintptr_t)block, &ref);
    ffisan_ledger_resize(&ref, 40);
    TAP_OK(ffisan_slot_size(&ref) == 40 && (unsigned char)block[40] == FFISAN_REDZONE_BYTE &&
               ffisan_slot_extent(&ref) >= 108,
           "one that shrinks keeps its room, and is watched at its new end");
    ffisan_ledger_resize(&ref, 100);
    memset(block, 1, 100);
    give_up(block);
    TAP_OK(heap.n_damage == 0, "one that grows again may use it");
}

static void test_huge(void)
{
    size_t size = (size_t)150 << 20;
    char *block = list(size, 9);
    TAP_OK(is_at(block + size / 2, block) && is_at(block + size, block) &&
               is_at(block + 4097, block),
           "a block of 150 MiB is found in all of its parts");
    TAP_OK(ffisan_ledger_index_may_have((uintptr_t)block + size / 2), "also at the first look");
    give_up(block);
    void *blocks[1];
    while (ffisan_ledger_take_rested(BUDGET, blocks, 1) > 0)
        ;
    TAP_OK(is_at(block + size / 2, NULL) && is_at(block, NULL), "and in none when it is gone");
}

static void test_doubt(void)
{
    struct ffisan_slot_ref ref;
    void *blocks[64];
    unsigned n = 0;
    take(0, blocks, 64);
    char *dead = list(64, 10), *block = list(64, 10);
    give_up(dead);
    TAP_OK(list_at(block + 32, 64, 11) && ffisan_ledger_is_in_doubt(),
           "a block where another one should be: somebody frees behind our back");
    TAP_OK(!ffisan_ledger_find((uintptr_t)block, &ref) &&
               !ffisan_ledger_find((uintptr_t)block + 32, &ref) &&
               ffisan_ledger_find_any((uintptr_t)block + 32, &ref) && ref.slot->stack == 11,
           "nothing is said of live blocks from then on");
    ffisan_ledger_each_live(count_one, &n);
    TAP_OK(n == 0 && ffisan_ledger_room(100) == 100, "none is visited, and none gets a redzone");
    TAP_OK(ffisan_ledger_find((uintptr_t)dead, &ref), "what was freed is certain");
    give_up(block + 32);
    TAP_OK(ffisan_ledger_find((uintptr_t)block + 32, &ref) && ffisan_slot_size(&ref) == 24,
           "of what is freed, as much as the allocator says");
    next += 4096;
    char *low = next, *high = next + 48;
    TAP_OK(list_at(low, 48, 12) && list_at(high, 40, 13) &&
               ffisan_ledger_find_any((uintptr_t)high, &ref) && ref.block == (uintptr_t)high,
           "the end of one without a redzone is the start of the next");
    ffisan_ledger_find_any((uintptr_t)high, &ref);
    ffisan_ledger_strike(&ref);
    TAP_OK(!ffisan_ledger_find_any((uintptr_t)high, &ref), "and not its own");
    uint64_t n_struck = ffisan_ledger_stats().n_struck;
    TAP_OK(list_at(dead, 10, 14) && ffisan_ledger_stats().n_struck == n_struck + 1 &&
               take(0, blocks, 64) == 1 && blocks[0] == block + 32,
           "a resting block that is handed out again is not given back as well");
}

int main(void)
{
    struct ffisan_ledger_source source = {.give = free, .usable_size = usable_size};
    ffisan_heap_init(&heap, BUDGET);
    heap.note_size = 16;
    area = next = ffisan_pages_map(AREA);
    struct ffisan_slot_ref ref;
    TAP_OK(!ffisan_ledger_find((uintptr_t)area, &ref) &&
               !ffisan_ledger_index_may_have((uintptr_t)area),
           "without a ledger nothing is known");
    TAP_OK(ffisan_ledger_start(&heap, &source) && ffisan_ledger_is_on, "it takes its memory");
    test_finding();
    test_neighbours();
    test_against_model();
    test_resting();
    test_writing();
    test_bounds();
    test_huge();
    test_doubt();
    return tap_done();
}
