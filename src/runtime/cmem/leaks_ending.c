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
#include "runtime/cmem/mainframe.h"
#include "runtime/cmem/thread.h"
#include "runtime/state.h"

#include <string.h>

#define MAX_REGIONS 64u
#define BITMAP_BYTES (FFISAN_SPANS_PER_REGION * FFISAN_SLOTS_PER_SPAN / 8)
#define MAX_OBJECTS (1u << 20)

static struct {
    const struct ffisan_state *state;
    size_t n;
    uint64_t slots[FFISAN_MAIN_FRAME_SLOTS];
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
    return state >= FFISAN_SLOT_DEAD || /* also if raw pointers lead to it */
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

void ffisan_leaks_ending(struct ffisan_state *state)
{
    const uint64_t *slots;
    bool locked = ffisan_lock_take(&ffisan_runtime.lock);
    size_t n = ffisan_main_frame((const struct lj_thread *)state->L, &slots);
    frame.state = state;
    frame.n = n < FFISAN_MAIN_FRAME_SLOTS ? n : FFISAN_MAIN_FRAME_SLOTS;
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
