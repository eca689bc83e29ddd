/* SPDX-License-Identifier: MIT */
/*
 * When a state is closed its main function has returned, and the last collection has freed what
 * was in its variables.  Before that the values still lie on the stack, above the top: they are
 * copied.  The dead objects are as they were until the audit releases them.  So it can be told
 * what was lost while the program ran from what it had until its end.
 */
#include "runtime/cmem/leaks.h"
#include "runtime/cmem/leaks_mark.h"

#include "base/pages.h"
#include "runtime/cmem/thread.h"
#include "runtime/state.h"
#include "runtime/vm/proto.h"

#include <string.h>

#define MAX_REGIONS 64u
#define BITMAP_BYTES (FFISAN_SPANS_PER_REGION * FFISAN_SLOTS_PER_SPAN / 8)
#define MAX_OBJECTS (1u << 20)
#define SLOTS_SEARCHED 400u /* for the main function */

static struct {
    const struct ffisan_state *state;
    size_t n;
    uint64_t slots[SLOTS_SEARCHED];
} frame; /* guarded by ffisan_runtime.lock */

struct ending {
    struct ffisan_leaks_mark *mark;
    uint64_t *visited[MAX_REGIONS]; /* bits of slots, by number of the region in its list */
    uintptr_t *objects;
    uint32_t n_objects;
};

static uint64_t *visited_of(struct ending *ending, const struct ffisan_slot_ref *ref)
{
    uint32_t number = 0;
    for (const struct ffisan_region *r = ref->region->heap->regions; r != ref->region; r = r->next)
        number++;
    if (number >= MAX_REGIONS)
        return NULL;
    if (!ending->visited[number])
        ending->visited[number] = ffisan_pages_map(BITMAP_BYTES);
    return ending->visited[number];
}

/* Tables and functions are reusable as soon as they die, and mostly still as they were. */
static bool has_died(const struct ffisan_slot_ref *ref)
{
    enum ffisan_slot_state state = ffisan_slot_state(ref);
    return state == FFISAN_SLOT_DEAD ||
           (state == FFISAN_SLOT_FREE && ref->span->group == FFISAN_GROUP_INTERNAL);
}

/* An object that has died in this cycle is to be searched, once. */
static void add_object(struct ending *ending, uintptr_t address)
{
    struct ffisan_slot_ref ref;
    if (!ffisan_heap_find(&ending->mark->state->heap, address, &ref) || !has_died(&ref) ||
        ending->n_objects == MAX_OBJECTS)
        return;
    uint64_t *bits = visited_of(ending, &ref);
    size_t number = (size_t)(ref.slot - ref.region->slots);
    if (!bits || (bits[number / 64] & (UINT64_C(1) << (number % 64))))
        return;
    bits[number / 64] |= UINT64_C(1) << (number % 64);
    ending->objects[ending->n_objects++] = ref.block;
}

static void look_at(struct ending *ending, uint64_t word)
{
    const uint64_t address_bits = (UINT64_C(1) << 47) - 1;
    ffisan_leaks_mark_word(ending->mark, word);
    add_object(ending, word & address_bits); /* with or without the tag of a value */
}

static bool is_cdata(const struct ffisan_slot_ref *ref)
{
    return ref->span->group != FFISAN_GROUP_INTERNAL &&
           (ref->slot->type & FFISAN_SLOT_TYPE_MASK) == LJ_GCT_CDATA;
}

static void search_objects(struct ending *ending)
{
    struct ffisan_leaks_mark *mark = ending->mark;
    struct ffisan_slot_ref ref;
    while (ending->n_objects > 0) {
        uintptr_t block = ending->objects[--ending->n_objects];
        if (!ffisan_heap_find(&mark->state->heap, block, &ref))
            continue;
        const uint64_t *words = (const uint64_t *)block;
        bool has_values = !is_cdata(&ref); /* a cdata leads to C only */
        for (size_t i = 0; i < ffisan_slot_extent(&ref) / 8; i++)
            if (has_values)
                look_at(ending, words[i]);
            else if (words[i] - mark->low < mark->size)
                ffisan_leaks_mark_word(mark, words[i]);
    }
}

/* Variables that are in scope where the function ends; without names, all slots. */
static size_t n_locals(const struct lj_proto *proto)
{
    size_t n = 0;
    while (n < proto->framesize &&
           ffisan_proto_local(proto, proto->sizebc - 1, (uint32_t)n) != NULL)
        n++;
    return n > 0 || proto->sizebc == 0 ? n : proto->varinfo ? 0 : proto->framesize;
}

/* The main function's variables: from its first slot on the stack. */
static size_t main_frame(const struct lj_thread *thread, const uint64_t **ret_slots)
{
    const uint64_t *slots = (const uint64_t *)thread->stack;
    size_t n = thread->stacksize < SLOTS_SEARCHED ? thread->stacksize : SLOTS_SEARCHED;
    size_t first = SIZE_MAX, last = 0;
    *ret_slots = slots;
    for (size_t i = 0; i < n; i++) {
        const struct lj_func *function = (const struct lj_func *)lj_tv_object(slots[i]);
        struct ffisan_slot_ref ref;
        if (lj_tv_type(slots[i]) != LJ_GCT_FUNC || (first != SIZE_MAX && slots[i] != slots[first]))
            continue;
        struct ffisan_state *state = ffisan_state_owning((uintptr_t)function);
        if (!state || !ffisan_heap_find(&state->heap, (uintptr_t)function, &ref) ||
            function->gct != LJ_GCT_FUNC || function->ffid != 0)
            continue;
        first = first == SIZE_MAX ? i : first;
        last = i; /* a function with varargs has its frame above them, and itself once more */
    }
    if (first == SIZE_MAX)
        return 0;
    const struct lj_func *function = (const struct lj_func *)lj_tv_object(slots[last]);
    const struct lj_proto *proto = (const struct lj_proto *)function->pc - 1;
    *ret_slots = &slots[first];
    size_t size = last - first + 2 + n_locals(proto);
    return size < thread->stacksize - first ? size : thread->stacksize - first;
}

void ffisan_leaks_ending(struct ffisan_state *state)
{
    const uint64_t *slots;
    bool locked = ffisan_lock_take(&ffisan_runtime.lock);
    size_t n = main_frame((const struct lj_thread *)state->L, &slots);
    frame.state = state;
    frame.n = n < SLOTS_SEARCHED ? n : SLOTS_SEARCHED;
    memcpy(frame.slots, slots, frame.n * sizeof(*slots));
    bool was_busy = ffisan_thread.is_busy;
    ffisan_thread.is_busy = true;
    ffisan_leaks_note_kept(state);
    ffisan_thread.is_busy = was_busy;
    if (locked)
        ffisan_lock_give(&ffisan_runtime.lock);
}

void ffisan_leaks_mark_ending(struct ffisan_leaks_mark *mark)
{
    struct ending ending = {.mark = mark};
    if (frame.state != mark->state || frame.n == 0)
        return;
    ending.objects = ffisan_pages_map(MAX_OBJECTS * sizeof(*ending.objects));
    if (!ending.objects)
        return;
    for (size_t i = 0; i < frame.n; i++)
        look_at(&ending, frame.slots[i]);
    search_objects(&ending);
    ffisan_pages_unmap(ending.objects, MAX_OBJECTS * sizeof(*ending.objects));
    for (uint32_t i = 0; i < MAX_REGIONS; i++)
        if (ending.visited[i])
            ffisan_pages_unmap(ending.visited[i], BITMAP_BYTES);
}
