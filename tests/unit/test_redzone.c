/* SPDX-License-Identifier: MIT */
/* Damage behind blocks: found at every distance, counted to the byte, once. */
#include "runtime/heap/redzone.h"

#include "runtime/heap/sizes.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>

static struct ffisan_heap heap;

static unsigned char *new_block(size_t size, struct ffisan_slot_ref *ret_ref)
{
    unsigned char *block = ffisan_heap_alloc(&heap, size, 77, ret_ref);
    if (block == NULL)
        abort();
    memset(block, 0xee, size);
    return block;
}

static uint32_t watched(const struct ffisan_slot_ref *ref)
{
    if (ref->span->n_spans)
        return FFISAN_REDZONE_MIN;
    return ref->slot->slack < FFISAN_REDZONE_MAX ? ref->slot->slack : FFISAN_REDZONE_MAX;
}

static bool reported(unsigned char *block, size_t size, uint32_t n_bytes, bool was_live)
{
    const struct ffisan_damage *damage = &heap.damage[0];
    return heap.n_damage == 1 && damage->block == (uintptr_t)block && damage->size == size &&
           damage->n_bytes == n_bytes && damage->stack == 77 && damage->was_live == was_live;
}

/* As if the block were new. */
static void mend(const struct ffisan_slot_ref *ref)
{
    ref->slot->is_damaged = 0;
    heap.n_damage = 0;
    ffisan_redzone_fill(ref->block + ffisan_slot_size(ref), ffisan_redzone_slack(ref));
}

/* One byte, and all bytes, up to each distance: the first wrong one, or 0. */
static uint32_t wrong_distance(size_t size)
{
    struct ffisan_slot_ref ref;
    unsigned char *block = new_block(size, &ref);
    uint32_t wrong = 0, n = watched(&ref);
    for (uint32_t i = 1; i <= n && !wrong; i++) {
        mend(&ref);
        block[size + i - 1] = 0;
        if (ffisan_heap_check_redzone(&heap, &ref) || !reported(block, size, i, true))
            wrong = i;
        mend(&ref);
        memset(block + size, 'x', i);
        if (ffisan_heap_check_redzone(&heap, &ref) || !reported(block, size, i, true) ||
            heap.damage[0].bytes[0] != 'x')
            wrong = i;
        if (ffisan_heap_check_redzone(&heap, &ref) || heap.n_damage != 1 || block[size] != 'x')
            wrong = i; /* it was reported twice, or the program's bytes were touched */
    }
    mend(&ref);
    for (size_t i = 0; i < size && !wrong; i++)
        if (block[i] != 0xee)
            wrong = UINT32_MAX;
    ffisan_heap_kill(&heap, block, size);
    return heap.n_damage == 0 ? wrong : n + 1;
}

static void test_distances(void)
{
    static const size_t larger[] = {700,   1000,  1016,  1017,   5000,   32760,
                                    32761, 65528, 65529, 100000, 1 << 20};
    size_t n_wrong = 0;
    for (size_t size = 0; size <= 520; size++)
        if (wrong_distance(size) != 0 && n_wrong++ == 0)
            printf("# size %zu, distance %u\n", size, wrong_distance(size));
    TAP_OK(n_wrong == 0, "damage behind small blocks is counted to the byte, once");
    for (size_t i = 0; i < sizeof(larger) / sizeof(larger[0]); i++)
        if (!TAP_OK(wrong_distance(larger[i]) == 0, "damage behind a larger block is, too"))
            printf("# size %zu\n", larger[i]);
}

static void test_clean(void)
{
    bool ok = true;
    for (size_t size = 0; size < 3000; size++) {
        struct ffisan_slot_ref ref;
        unsigned char *block = new_block(size, &ref);
        ok = ok && ffisan_heap_check_redzone(&heap, &ref);
        ok = ok && ffisan_heap_kill(&heap, block, size);
    }
    TAP_OK(ok && heap.n_damage == 0, "a block that is filled to its last byte is intact");
}

static void test_kill(void)
{
    static const size_t sizes[] = {0, 1, 24, 25, 100, 4000, 40000, 1 << 17};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct ffisan_slot_ref ref;
        unsigned char *block = new_block(sizes[i], &ref);
        heap.n_damage = 0;
        block[sizes[i] + 3] = 0;
        ffisan_heap_kill(&heap, block, sizes[i]);
        TAP_OK(reported(block, sizes[i], 4, true), "damage is found when the block dies");
        ffisan_heap_check_redzone(&heap, &ref);
        TAP_OK(heap.n_damage == 1, "and not found again");
        mend(&ref);
        block[sizes[i]] = 0;
        TAP_OK(!ffisan_heap_check_redzone(&heap, &ref) && reported(block, sizes[i], 1, false),
               "damage to a dead block is told apart");
    }
}

static void test_queue(void)
{
    struct ffisan_slot_ref ref;
    unsigned char *block = new_block(40, &ref);
    heap.n_damage = 0;
    for (int i = 0; i < FFISAN_DAMAGE_MAX + 5; i++) {
        block[40] = 0;
        ref.slot->is_damaged = 0;
        ffisan_heap_check_redzone(&heap, &ref);
    }
    TAP_OK(heap.n_damage == FFISAN_DAMAGE_MAX && heap.n_damage_dropped == 5,
           "what the queue cannot hold is counted");
}

int main(void)
{
    ffisan_heap_init(&heap, 1 << 20);
    test_clean();
    test_distances();
    test_kill();
    test_queue();
    ffisan_heap_fini(&heap);
    return tap_done();
}
