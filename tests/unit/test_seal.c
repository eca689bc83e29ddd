/* SPDX-License-Identifier: MIT */
/* Seals: any change of any byte is seen, once; whoever gets the slot next has no seal. */
#include "runtime/heap/seal.h"

#include "tap.h"

#include <string.h>

enum { SKIP = 24 };

static struct ffisan_heap heap;

static unsigned char *make(size_t size, struct ffisan_slot_ref *ret_ref)
{
    unsigned char *block = ffisan_heap_alloc(&heap, size, 1, ret_ref);
    if (block)
        for (size_t i = 0; i < size; i++)
            block[i] = (unsigned char)(i * 7 + 3);
    return block;
}

static void every_byte(void)
{
    bool all_seen = true, all_quiet = true;
    for (size_t size = SKIP + 1; size < SKIP + 200; size++) {
        for (size_t at = SKIP; at < size; at++) {
            struct ffisan_slot_ref ref;
            unsigned char *block = make(size, &ref);
            ffisan_seal_put(&ref, SKIP);
            all_quiet &= ffisan_seal_check(&heap, &ref, SKIP) && heap.n_damage == 0;
            block[at] ^= 0x80;
            all_seen &= !ffisan_seal_check(&heap, &ref, SKIP) && heap.n_damage == 1 &&
                        heap.damage[0].is_content && heap.damage[0].block == ref.block;
            all_quiet &= ffisan_seal_check(&heap, &ref, SKIP) && heap.n_damage == 1;
            heap.n_damage = 0;
            ffisan_heap_kill(&heap, block, size);
        }
        ffisan_heap_release(&heap);
    }
    TAP_OK(all_seen, "a changed byte breaks the seal, wherever it is");
    TAP_OK(all_quiet, "nothing is told before it changes, and nothing twice");
}

static void what_is_not_sealed(void)
{
    struct ffisan_slot_ref ref;
    unsigned char *block = make(80, &ref);
    ffisan_seal_put(&ref, SKIP);
    memset(block, 0, SKIP);
    TAP_OK(ffisan_seal_check(&heap, &ref, SKIP), "the header may change");
    memset(block + 80, 0, 8);
    TAP_OK(ffisan_seal_check(&heap, &ref, SKIP), "the redzone is not a part of it");
    memset(block + 80, FFISAN_REDZONE_BYTE, 8);
    ffisan_heap_kill(&heap, block, 80);
}

static void large_ones(void)
{
    struct ffisan_slot_ref ref;
    size_t size = SKIP + 3 * FFISAN_SEAL_WHOLE;
    unsigned char *block = make(size, &ref);
    size_t last = size - 1, middle = size / 2;
    ffisan_seal_put(&ref, SKIP);
    block[middle]++;
    TAP_OK(ffisan_seal_check(&heap, &ref, SKIP), "the middle of a large block is not looked at");
    block[last]++;
    TAP_OK(!ffisan_seal_check(&heap, &ref, SKIP), "its end is");
    heap.n_damage = 0;
    ffisan_heap_kill(&heap, block, size);
}

static void at_death(void)
{
    struct ffisan_slot_ref ref;
    unsigned char *block = make(64, &ref);
    ffisan_seal_put(&ref, SKIP);
    block[40] = 0;
    ffisan_heap_kill(&heap, block, 64);
    ffisan_seal_check_dead(&heap, SKIP);
    TAP_OK(heap.n_damage == 1 && !heap.damage[0].was_live, "the dead are compared as well");
    heap.n_damage = 0;
    ffisan_heap_release(&heap);
    ffisan_seal_check_dead(&heap, SKIP);
    TAP_OK(heap.n_damage == 0, "but not again in the quarantine");
}

static void after_reuse(void)
{
    bool none = true;
    struct ffisan_slot_ref ref;
    for (unsigned i = 0; i < 5000; i++) {
        unsigned char *block = make(64, &ref);
        none &= !ffisan_seal_is_there(&ref) && ffisan_seal_check(&heap, &ref, SKIP);
        ffisan_seal_put(&ref, SKIP);
        ffisan_heap_kill(&heap, block, 64);
        if (i % 100 == 99)
            ffisan_heap_release(&heap);
    }
    TAP_OK(none, "a slot that is handed out again has no seal");
}

int main(void)
{
    ffisan_heap_init(&heap, 1 << 20);
    every_byte();
    what_is_not_sealed();
    large_ones();
    at_death();
    after_reuse();
    ffisan_heap_fini(&heap);
    return tap_done();
}
