/* SPDX-License-Identifier: MIT */
#include "runtime/bounds/gone.h"

#include "runtime/audit/audit.h"
#include "runtime/cmem/creport.h"
#include "runtime/state.h"

/* The audit finds the pointer, and the access will fault. */
void ffisan_gone_look(struct ffisan_state *state, uintptr_t address)
{
    struct ffisan_slot_ref ref;
    if (ffisan_heap_find(&state->heap, address, &ref) && ref.span->group != FFISAN_GROUP_INTERNAL &&
        (ref.span->dead[ref.index >> 6] & ffisan_slot_bit(&ref)))
        ffisan_audit_run(state);
}

void ffisan_gone_check(struct ffisan_state *state, uintptr_t address, size_t size,
                       enum ffisan_access access, const char *function)
{
    struct ffisan_slot_ref ref;
    ffisan_gone_look(state, address);
    if (!ffisan_cheap_find(address, &ref) || ffisan_slot_state(&ref) != FFISAN_SLOT_DEAD ||
        address - ref.block >= ffisan_slot_size(&ref))
        return;
    struct ffisan_cnote *note = ffisan_cheap_note(&ref);
    if (!note || note->is_reported || (ffisan_cheap_is_paged(&ref) && !note->is_open))
        return;
    struct ffisan_cevent event = {.kind = FFISAN_KIND_USE_AFTER_FREE,
                                  .access = access,
                                  .function = function,
                                  .address = address,
                                  .size = size,
                                  .ref = &ref};
    ffisan_creport(state, &event);
    note->is_reported = 1;
}
