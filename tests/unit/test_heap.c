/* SPDX-License-Identifier: MIT */
/* What the heap promises, one by one; test_heap_model.c has all of it in random order. */
#include "heap_group.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static void *simple_alloc(struct ffisan_heap *heap, size_t size, struct ffisan_slot_ref *ref)
{
    void *block = ffisan_heap_alloc(heap, size, 1, ref);
    if (block == NULL)
        abort();
    return block;
}

static void test_generations(void)
{
    static struct ffisan_heap heap;
    struct ffisan_slot_ref ref;
    ffisan_heap_init(&heap, 1 << 20);
    void *block = simple_alloc(&heap, 100, &ref);
    TAP_OK(ffisan_slot_state(&ref) == FFISAN_SLOT_LIVE, "a new block is live");
    ffisan_heap_release(&heap);
    TAP_OK(ffisan_slot_state(&ref) == FFISAN_SLOT_LIVE, "what lives is not released");
    ffisan_heap_kill(&heap, block, 100);
    TAP_OK(ffisan_slot_state(&ref) == FFISAN_SLOT_DEAD, "a killed block is dead");
    ffisan_heap_release(&heap);
    TAP_OK(ffisan_slot_state(&ref) == FFISAN_SLOT_DEAD, "it stays so in the quarantine");
    ffisan_heap_release(&heap);
    TAP_OK(ffisan_slot_state(&ref) == FFISAN_SLOT_DEAD, "for as long as there are few");
    heap.quarantine_budget = 100;
    ffisan_heap_release(&heap);
    TAP_OK(ffisan_slot_state(&ref) == FFISAN_SLOT_FREE, "and is free after the next cycle if not");
    heap.quarantine_budget = 50;
    block = simple_alloc(&heap, 100, &ref);
    ffisan_heap_kill(&heap, block, 100);
    ffisan_heap_release(&heap);
    TAP_OK(ffisan_slot_state(&ref) == FFISAN_SLOT_FREE, "beyond the budget there is no quarantine");
    block = simple_alloc(&heap, 100, &ref);
    ffisan_heap_kill(&heap, block, 100);
    ffisan_heap_hold(&heap, &ref);
    for (int i = 0; i < 5; i++)
        ffisan_heap_release(&heap);
    TAP_OK(ffisan_slot_state(&ref) == FFISAN_SLOT_HELD, "what is held stays");
    ffisan_heap_unhold(&heap, &ref);
    TAP_OK(ffisan_slot_state(&ref) == FFISAN_SLOT_DEAD, "until it is not held any more");
    ffisan_heap_unhold(&heap, &ref);
    TAP_OK(heap.stats.held_bytes == 0, "which is said twice without harm");
    ffisan_heap_release(&heap);
    TAP_OK(ffisan_slot_state(&ref) == FFISAN_SLOT_FREE, "then it goes the way of the others");
    ffisan_heap_fini(&heap);
}

static void count_holder(void *context, const struct ffisan_slot_ref *ref)
{
    (void)ref;
    ++*(unsigned *)context;
}

/* Blocks whose addresses never reach C. */
static void test_internal(void)
{
    enum { N = 3000, SIZE = 40 };
    static struct ffisan_heap heap;
    static char *blocks[N];
    struct ffisan_slot_ref ref, other;
    unsigned n_holders = 0;
    ffisan_heap_init(&heap, SIZE_MAX);
    for (int i = 0; i < N; i++)
        blocks[i] = alloc_in_group(&heap, FFISAN_GROUP_INTERNAL, SIZE, 0);
    char *neighbour = simple_alloc(&heap, SIZE, &other);
    ffisan_heap_find(&heap, (uintptr_t)blocks[0], &ref);
    TAP_OK(ffisan_slot_state(&ref) == FFISAN_SLOT_LIVE && ref.block == (uintptr_t)blocks[0],
           "internal blocks are found like others");
    TAP_OK(ref.span != other.span, "but have spans of their own");
    TAP_OK(ffisan_heap_n_allocs(&heap) == N + 1, "and are counted");
    memset(blocks[0], 1, ref.span->slot_size);
    TAP_OK(ffisan_heap_kill_fast(&heap, blocks[N - 1], SIZE), "they die fast");
    TAP_OK(!ffisan_heap_kill_fast(&heap, blocks[0], SIZE), "a full span takes a little longer");
    TAP_OK(ffisan_heap_kill(&heap, blocks[0], SIZE) && heap.n_damage == 0,
           "nobody looks behind them");
    TAP_OK(ffisan_slot_state(&ref) == FFISAN_SLOT_FREE && heap.stats.dead_bytes == 0,
           "and they are reusable at once");
    for (int i = 1; i < N - 1; i++)
        if (!ffisan_heap_kill_fast(&heap, blocks[i], SIZE))
            ffisan_heap_kill(&heap, blocks[i], SIZE);
    bool mine = true;
    for (int i = 0; i < 5 * N; i++) {
        char *block = alloc_in_group(&heap, FFISAN_GROUP_INTERNAL, SIZE, 0);
        ffisan_heap_find(&heap, (uintptr_t)block, &ref);
        mine = mine && block != neighbour && ref.span->group == FFISAN_GROUP_INTERNAL;
        ffisan_heap_kill(&heap, block, SIZE);
    }
    TAP_OK(mine && heap.regions->n_spans_used <= 4, "by their like alone");
    alloc_in_group(&heap, FFISAN_GROUP_HOLDER, SIZE, 0);
    ffisan_heap_each_holder(&heap, count_holder, &n_holders);
    TAP_OK(n_holders == 1, "they hold nothing; slots that wait for holders are none yet");
    TAP_OK(heap.bins[FFISAN_GROUP_HOLDER][ffisan_sizes_find(SIZE)].span->holders[0] == UINT64_MAX,
           "and will be");
    ffisan_heap_fini(&heap);
}

static void test_find(void)
{
    static struct ffisan_heap heap, other;
    struct ffisan_slot_ref ref, found;
    ffisan_heap_init(&heap, 0);
    ffisan_heap_init(&other, 0);
    uintptr_t block = (uintptr_t)simple_alloc(&heap, 100, &ref);
    simple_alloc(&other, 100, &found);
    TAP_OK(ffisan_heap_find(&heap, block + 99, &found) && found.block == block,
           "a block is found in its heap");
    TAP_OK(!ffisan_heap_find(&other, block, &found), "and not in another");
    TAP_OK(!ffisan_heap_kill(&other, (void *)block, 100) &&
               !ffisan_heap_kill_fast(&other, (void *)block, 100),
           "where it cannot die");
    TAP_OK(!ffisan_heap_find(&heap, block + FFISAN_SPAN_SIZE, &found), "fresh spans have no slots");
    TAP_OK(!ffisan_heap_find(&heap, (uintptr_t)&ref, &found) && !ffisan_heap_find(&heap, 0, &found),
           "the stack is not in the heap");
    TAP_OK(!ffisan_heap_kill(&heap, &ref, 8) && !ffisan_heap_kill_fast(&heap, &ref, 8),
           "a foreign block is told apart");
    ffisan_heap_fini(&heap);
    ffisan_heap_fini(&other);
}

static void test_huge(void)
{
    static struct ffisan_heap heap;
    struct ffisan_slot_ref ref, found;
    size_t size = 3 * FFISAN_REGION_SIZE - 5000;
    ffisan_heap_init(&heap, SIZE_MAX);
    simple_alloc(&heap, 10, &ref);
    char *block = simple_alloc(&heap, size, &ref);
    block[0] = block[size - 1] = 'x';
    TAP_OK(ffisan_slot_size(&ref) == size, "a huge block has its size");
    TAP_OK(ffisan_heap_find(&heap, (uintptr_t)block + 2 * FFISAN_REGION_SIZE + 12345, &found) &&
               found.block == (uintptr_t)block && found.slot == ref.slot,
           "its inside leads to it");
    TAP_OK(ffisan_heap_check_redzone(&heap, &ref), "and its end is guarded");
    ffisan_heap_mark_holder(&ref);
    TAP_OK(!ffisan_heap_kill_fast(&heap, block, size) && ffisan_heap_kill(&heap, block, size),
           "what is rare is not done in the fast way");
    TAP_OK(heap.stats.dead_bytes >= size, "it dies as others do");
    ffisan_heap_release(&heap);
    TAP_OK(block[0] == 'x' && block[size - 1] == 'x', "and keeps its content");
    heap.quarantine_budget = 0;
    ffisan_heap_release(&heap);
    TAP_OK(!ffisan_heap_find(&heap, (uintptr_t)block, &found), "then its region is gone");
    TAP_OK(heap.regions && heap.regions == heap.last_region && !heap.regions->next, "and no other");
    TAP_OK(!ffisan_heap_alloc(&heap, (size_t)1 << 46, 1, &ref) &&
               !ffisan_heap_alloc(&heap, SIZE_MAX - 3, 1, &ref) && heap.out_of_memory == 2,
           "absurd sizes are refused");
    ffisan_heap_fini(&heap);
}

/* Slots that became free behind the one that is taken next are used before a fresh span. */
static void test_reuse(void)
{
    static struct ffisan_heap heap;
    static void *blocks[2048];
    struct ffisan_slot_ref ref;
    ffisan_heap_init(&heap, 0);
    for (int i = 0; i < 1000; i++)
        blocks[i] = simple_alloc(&heap, 24, &ref);
    for (int i = 0; i < 640; i++)
        ffisan_heap_kill(&heap, blocks[i], 24);
    ffisan_heap_release(&heap);
    for (int i = 0; i < 2048 - 1000 + 640; i++)
        simple_alloc(&heap, 24, &ref);
    TAP_OK(heap.regions->n_spans_used == 1, "slots behind the next one are used again");
    simple_alloc(&heap, 24, &ref);
    TAP_OK(heap.regions->n_spans_used == 2, "then comes a fresh span");
    ffisan_heap_fini(&heap);
}

static void test_bounded(void)
{
    static struct ffisan_heap heap;
    struct ffisan_slot_ref ref;
    ffisan_heap_init(&heap, 1 << 20);
    for (int i = 0; i < 300000; i++) {
        size_t size = (size_t)(i % 37) * 29 + (i % 1000 == 0 ? 300000 : 0);
        ffisan_heap_kill(&heap, simple_alloc(&heap, size, &ref), size);
        if (i % 500 == 499)
            ffisan_heap_release(&heap);
    }
    TAP_OK(heap.regions->next == NULL && heap.regions->n_spans_used < 200,
           "garbage does not make the heap grow");
    ffisan_heap_fini(&heap);
}

/* In a child whose address space is small: NULL in the end, and then all goes on. */
static int exhaust(void)
{
    static struct ffisan_heap heap;
    static void *blocks[4096];
    struct ffisan_slot_ref ref;
    unsigned n = 0;
    ffisan_heap_init(&heap, 0);
    if (!ffisan_heap_prepare(&heap))
        return 2;
    while (n < 4096 && (blocks[n] = ffisan_heap_alloc(&heap, 300000, 1, &ref)) != NULL)
        n++;
    if (n < 100 || n == 4096 || heap.out_of_memory == 0)
        return 3;
    unsigned n_small = 0;
    while (ffisan_heap_alloc(&heap, 20000, 1, &ref) != NULL && n_small < 100000)
        n_small++;
    if (n_small == 100000 || ffisan_heap_alloc(&heap, 20000, 1, &ref) != NULL)
        return 4;
    for (unsigned i = 0; i < n; i++)
        if (!ffisan_heap_kill(&heap, blocks[i], 300000))
            return 5;
    ffisan_heap_release(&heap);
    for (unsigned i = 0; i < n; i++)
        if (ffisan_heap_alloc(&heap, 300000, 1, &ref) == NULL)
            return 6;
    return 0;
}

static void test_exhaustion(void)
{
    int status = -1;
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        /* AddressSanitizer has reserved its terabytes already: what counts is what is added. */
        char line[64] = "";
        FILE *file = fopen("/proc/self/statm", "r");
        if (!file || !fgets(line, sizeof(line), file))
            _exit(9);
        rlim_t now = strtoull(line, NULL, 10) * 4096, more = (rlim_t)700 << 20;
        struct rlimit limit = {now + more, now + more};
        setrlimit(RLIMIT_AS, &limit);
        _exit(exhaust());
    }
    waitpid(pid, &status, 0);
    if (!TAP_OK(WIFEXITED(status) && WEXITSTATUS(status) == 0,
                "memory that runs out and comes back"))
        printf("# status %#x\n", status);
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    test_generations();
    test_internal();
    test_find();
    test_huge();
    test_reuse();
    test_bounded();
    test_exhaustion();
    return tap_done();
}
