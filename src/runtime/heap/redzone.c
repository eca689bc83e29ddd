/* SPDX-License-Identifier: MIT */
#include "runtime/heap/redzone.h"

static void queue_damage(struct ffisan_heap *heap, const struct ffisan_slot_ref *ref,
                         uint32_t slack)
{
    if (heap->n_damage == FFISAN_DAMAGE_MAX) {
        heap->n_damage_dropped++;
        return;
    }
    struct ffisan_damage *damage = &heap->damage[heap->n_damage++];
    size_t size = ffisan_slot_size(ref);
    const uint8_t *redzone = (const uint8_t *)(ref->block + size);
    if (slack > FFISAN_REDZONE_MAX)
        slack = FFISAN_REDZONE_MAX;
    *damage = (struct ffisan_damage){.block = ref->block,
                                     .size = size,
                                     .stack = ref->slot->stack,
                                     .type = ref->slot->type,
                                     .was_live = ffisan_slot_state(ref) == FFISAN_SLOT_LIVE};
    for (uint32_t i = 0; i < slack; i++)
        if (redzone[i] != FFISAN_REDZONE_BYTE)
            damage->n_bytes = i + 1;
    memcpy(damage->bytes, redzone, slack < sizeof(damage->bytes) ? slack : sizeof(damage->bytes));
}

bool ffisan_heap_check_redzone(struct ffisan_heap *heap, const struct ffisan_slot_ref *ref)
{
    uint32_t slack = ffisan_redzone_slack(ref);
    uintptr_t end = ref->block + ffisan_slot_size(ref);
    if (__builtin_expect(ffisan_redzone_is_intact(end, slack), 1))
        return true;
    if (!ref->slot->is_damaged)
        queue_damage(heap, ref, slack);
    ref->slot->is_damaged = 1; /* once; the bytes are the program's now, it may read them again */
    return false;
}
