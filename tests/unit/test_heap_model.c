/* SPDX-License-Identifier: MIT */
/*
 * The heap against a model of it: random sequences of everything that can happen to a block, and
 * after each cycle every block must be what the model says, with its content untouched.
 */
#include "heap_group.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>

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

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    test_random(1, 1 << 20, "random sequences, with a quarantine");
    test_random(2, 0, "random sequences, without one");
    test_random(3, 20000, "random sequences, with one that is often full");
    return tap_done();
}
