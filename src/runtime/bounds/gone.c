/* SPDX-License-Identifier: MIT */
#include "runtime/bounds/gone.h"

#include "runtime/cmem/creport.h"
#include "runtime/state.h"

void ffisan_gone_check(struct ffisan_state *state, uintptr_t address, size_t size,
                       enum ffisan_access access, const char *function)
{
    struct ffisan_slot_ref ref;
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
