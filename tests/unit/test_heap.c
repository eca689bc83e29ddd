/* SPDX-License-Identifier: MIT */
/*
 * The heap against a model of it: random sequences of everything that can happen to a block, and
 * after each cycle every block must be what the model says, with its content untouched.
 */
#include "runtime/heap/heap.h"

#include "runtime/heap/fast.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MAX_BLOCKS = 3000 };
enum life { LIVE, DEAD, OLD, HELD };

struct model_block {
    unsigned char *data;
    size_t size, extent;
    uint32_t stack;
    unsigned char fill;
    enum life life;
    bool is_holder;
};

static struct {
    struct ffisan_heap heap;
    struct model_block blocks[MAX_BLOCKS];
    unsigned n;
    uint64_t dead_bytes, old_bytes, held_bytes;
    const char *wrong; /* the first thing that was */
} model;

static void expect(bool ok, const char *what)
{
    if (!ok && !model.wrong)
        model.wrong = what;
}

static uint32_t any(uint32_t below)
{
    return (uint32_t)rand() % below;
}

static size_t any_size(void)
{
    switch (any(40)) {
    case 0:
        return any(200000);
    case 1:
        return any(40000);
    case 2:
    case 3:
        return any(5000);
    default:
        return any(160);
    }
}

static struct ffisan_slot_ref ref_of(const struct model_block *block)
{
    struct ffisan_slot_ref ref = {0};
    expect(ffisan_heap_find(&model.heap, (uintptr_t)block->data, &ref), "a block is found");
    return ref;
}

/* Content of a large block is looked at in places. */
static bool has_content(const struct model_block *block)
{
    size_t step = block->size > 2000 ? 997 : 1;
    for (size_t i = 0; i < block->size; i += step)
        if (block->data[i] != block->fill)
            return false;
    return block->size == 0 || block->data[block->size - 1] == block->fill;
}

static bool overlaps(const struct model_block *block)
{
    for (unsigned i = 0; i < model.n; i++) {
        const struct model_block *other = &model.blocks[i];
        if (block->data < other->data + other->extent && other->data < block->data + block->extent)
            return true;
    }
    return false;
}

/* From a bin of one group, as the allocator does for places that it knows. */
static void *alloc_in_group(struct ffisan_heap *heap, enum ffisan_slot_group group, size_t size,
                            uint32_t stack)
{
    struct ffisan_bin *bin = &heap->bins[group][ffisan_sizes_find(size)];
    ffisan_heap_refill(heap, group, size);
    return bin->bits ? ffisan_bin_alloc(bin, group, size, (struct ffisan_slot){.stack = stack})
                     : NULL;
}

static void *any_alloc(size_t size, uint32_t stack, struct ffisan_slot_ref *ref, bool *is_holder)
{
    void *data = any(3) ? NULL : alloc_in_group(&model.heap, FFISAN_GROUP_HOLDER, size, stack);
    *is_holder = data != NULL;
    if (data)
        ffisan_heap_find(&model.heap, (uintptr_t)data, ref);
    else
        data = any(2) ? ffisan_heap_alloc(&model.heap, size, stack, ref)
                      : ffisan_heap_alloc_fast(&model.heap, size, stack, ref);
    return data;
}

static void model_alloc(void)
{
    struct ffisan_slot_ref ref, found;
    struct model_block *block = &model.blocks[model.n];
    size_t size = any_size();
    uint32_t stack = 1 + any(1u << 20);
    bool is_holder;
    void *data = any_alloc(size, stack, &ref, &is_holder);
    expect(data != NULL, "there is memory");
    if (!data || model.n == MAX_BLOCKS)
        abort();
    *block = (struct model_block){.data = data,
                                  .size = size,
                                  .stack = stack,
                                  .fill = (unsigned char)any(256),
                                  .is_holder = is_holder,
                                  .extent = ffisan_slot_extent(&ref)};
    expect((uintptr_t)data % 16 == 0, "blocks are aligned");
    expect(block->extent >= size + FFISAN_REDZONE_MIN, "there is room for a redzone");
    expect(!overlaps(block), "a new block lies where no other is");
    found = ref_of(block);
    expect(found.slot == ref.slot && found.span == ref.span && found.index == ref.index &&
               found.block == ref.block && ref.block == (uintptr_t)data,
           "an allocation says where it is");
    expect(ffisan_slot_size(&ref) == size && ref.slot->stack == stack && ref.slot->type == 0,
           "the books of a new block are its own");
    memset(data, block->fill, size);
    if (any(3) == 0) {
        ffisan_heap_mark_holder(&ref);
        block->is_holder = true;
    }
    model.n++;
}

static void model_kill(struct model_block *block)
{
    bool done = any(2) && ffisan_heap_kill_fast(&model.heap, block->data, block->size);
    done = done || ffisan_heap_kill(&model.heap, block->data, block->size);
    expect(done, "a block dies");
    block->life = DEAD;
    model.dead_bytes += block->extent;
}

static void model_hold(struct model_block *block)
{
    struct ffisan_slot_ref ref = ref_of(block);
    ffisan_heap_hold(&model.heap, &ref);
    if (block->life == DEAD)
        model.dead_bytes -= block->extent;
    else
        model.old_bytes -= block->extent;
    model.held_bytes += block->extent;
    block->life = HELD;
}

static void model_unhold(struct model_block *block)
{
    struct ffisan_slot_ref ref = ref_of(block);
    ffisan_heap_unhold(&model.heap, &ref);
    model.held_bytes -= block->extent;
    model.dead_bytes += block->extent;
    block->life = DEAD;
}

static void model_release(void)
{
    size_t budget = model.heap.quarantine_budget;
    bool keep = model.dead_bytes <= budget;
    bool rest = model.dead_bytes + model.old_bytes <= budget / FFISAN_REST_SHARE;
    ffisan_heap_release(&model.heap);
    if (!rest)
        model.old_bytes = 0;
    for (unsigned i = 0; i < model.n; i++) {
        struct model_block *block = &model.blocks[i];
        bool goes = (block->life == OLD && !rest) || (block->life == DEAD && !keep);
        if (goes) {
            *block = model.blocks[--model.n];
            i--;
        } else if (block->life == DEAD) {
            block->life = OLD;
            model.old_bytes += block->extent;
        }
    }
    model.dead_bytes = 0;
}

/* ---- Checks ---------------------------------------------------------------------------------- */

struct visits {
    unsigned n;
    uintptr_t last;
    struct ffisan_region *region;
};

static void visit(void *context, const struct ffisan_slot_ref *ref)
{
    struct visits *visits = context;
    struct ffisan_slot_ref found;
    visits->n++;
    expect(visits->region != ref->region || ref->block > visits->last,
           "holders of a region come in the order of their addresses");
    visits->region = ref->region;
    visits->last = ref->block;
    expect(ffisan_heap_find(&model.heap, ref->block, &found) && found.slot == ref->slot &&
               found.index == ref->index && found.block == ref->block && found.span == ref->span,
           "a holder says where it is");
    for (unsigned i = 0; i < model.n; i++)
        if ((uintptr_t)model.blocks[i].data == ref->block) {
            expect(model.blocks[i].life == LIVE && model.blocks[i].is_holder,
                   "only live holders are visited");
            return;
        }
    expect(false, "only blocks are visited");
}

static void check_holders(void)
{
    struct visits visits = {0};
    unsigned n = 0;
    for (unsigned i = 0; i < model.n; i++)
        n += model.blocks[i].is_holder && model.blocks[i].life == LIVE;
    ffisan_heap_each_holder(&model.heap, visit, &visits);
    expect(visits.n == n, "every live holder is visited once");
}

static void check_block(const struct model_block *block)
{
    static const enum ffisan_slot_state states[] = {
        [LIVE] = FFISAN_SLOT_LIVE,
        [DEAD] = FFISAN_SLOT_DEAD,
        [OLD] = FFISAN_SLOT_DEAD,
        [HELD] = FFISAN_SLOT_HELD,
    };
    struct ffisan_slot_ref ref = ref_of(block), inside = {0};
    expect(ffisan_slot_state(&ref) == states[block->life], "states are as the model has them");
    expect(ffisan_slot_size(&ref) == block->size && ffisan_slot_extent(&ref) == block->extent &&
               ref.slot->stack == block->stack,
           "the books of a block stay");
    expect(has_content(block), "content stays until reuse");
    uintptr_t address = ref.block + (size_t)rand() % block->extent;
    expect(ffisan_heap_find(&model.heap, address, &inside) && inside.block == ref.block &&
               inside.slot == ref.slot,
           "every address of a slot leads to it");
    expect(ffisan_heap_leads_to_dead(&model.heap, address) == (block->life != LIVE),
           "and to something dead only if that is");
    address = ref.block + block->extent - 1;
    expect(ffisan_heap_find(&model.heap, address, &inside) && inside.block == ref.block,
           "so does its last byte");
    expect(ffisan_heap_check_redzone(&model.heap, &ref), "redzones are intact");
}

static void check_all(void)
{
    for (unsigned i = 0; i < model.n; i++)
        check_block(&model.blocks[i]);
    expect(model.heap.stats.dead_bytes == model.dead_bytes, "bytes of the dead are counted");
    expect(model.heap.stats.held_bytes == model.held_bytes, "bytes of the held are counted");
    expect(model.heap.stats.old_bytes == model.old_bytes, "bytes of the quarantine are counted");
    expect(model.heap.n_damage == 0, "nothing was damaged");
    check_holders();
}

static void step(void)
{
    if (model.n < 10 || (any(2) && model.n < MAX_BLOCKS - 1)) {
        model_alloc();
        return;
    }
    struct model_block *block = &model.blocks[any(model.n)];
    if (block->life == LIVE)
        model_kill(block);
    else if (block->life == HELD && any(4) == 0)
        model_unhold(block);
    else if ((block->life == DEAD || block->life == OLD) && any(4) == 0)
        model_hold(block);
}

static void test_random(unsigned seed, size_t budget, const char *name)
{
    memset(&model, 0, sizeof(model));
    ffisan_heap_init(&model.heap, budget);
    srand(seed);
    for (unsigned cycle = 0; cycle < 150 && !model.wrong; cycle++) {
        for (unsigned i = any(400); i > 0; i--)
            step();
        check_all();
        model_release();
        check_all();
    }
    if (!TAP_OK(model.wrong == NULL, name))
        printf("# not so: %s\n", model.wrong);
    uintptr_t base = model.heap.regions->base;
    ffisan_heap_fini(&model.heap);
    TAP_OK(ffisan_region_find(base) == NULL, "nothing is left of a heap");
}

/* ---- One by one ------------------------------------------------------------------------------ */

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
    test_random(1, 1 << 20, "random sequences, with a quarantine");
    test_random(2, 0, "random sequences, without one");
    test_random(3, 20000, "random sequences, with one that is often full");
    return tap_done();
}
