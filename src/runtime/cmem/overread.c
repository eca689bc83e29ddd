/* SPDX-License-Identifier: MIT */
#include "runtime/cmem/overread.h"

#include "runtime/cmem/creport.h"
#include "runtime/fault/arch.h"
#include "runtime/fault/guard.h"
#include "runtime/heap/redzone.h"
#include "runtime/state.h"

#define WORD (UINT64_C(0x0101010101010101) * FFISAN_REDZONE_BYTE)

struct search {
    struct ffisan_state *state;
    const ucontext_t *context;
    bool has_word;
    unsigned n_blocks;
    struct ffisan_slot_ref ref; /* of the one that was found first */
    bool is_c;
};

/* A block that C code can take for a struct, whose redzone is as it was. */
static bool find_block(struct search *search, uintptr_t address, struct ffisan_slot_ref *ref,
                       bool *ret_is_c)
{
    struct ffisan_state *state = search->state;
    *ret_is_c = ffisan_cheap_find_live(address, ref);
    if (!*ret_is_c && (!ffisan_heap_find(&state->heap, address, ref) ||
                       ffisan_slot_state(ref) != FFISAN_SLOT_LIVE ||
                       (ref->slot->type & FFISAN_SLOT_TYPE_MASK) != LJ_GCT_CDATA))
        return false;
    return ffisan_redzone_is_intact(ref->block + ffisan_slot_size(ref), ffisan_redzone_slack(ref));
}

static void look(void *argument)
{
    struct search *search = argument;
    struct ffisan_slot_ref ref;
    uintptr_t value;
    bool is_c;
    for (unsigned i = 0; ffisan_arch_register(search->context, i, &value); i++) {
        search->has_word |= value == WORD;
        if (!find_block(search, value, &ref, &is_c) ||
            (search->n_blocks > 0 && search->ref.block == ref.block))
            continue;
        if (search->n_blocks++ > 0)
            continue;
        search->ref = ref;
        search->is_c = is_c;
    }
}

void ffisan_overread_crash(struct ffisan_state *state, const ucontext_t *context)
{
    struct search search = {.state = state, .context = context};
    if (!state || !ffisan_guard_run(look, &search) || !search.has_word || search.n_blocks != 1)
        return;
    const struct ffisan_slot_ref *ref = &search.ref;
    size_t size = ffisan_slot_size(ref);
    const struct ffisan_described_block block = {
        .content = ref->block, .size = size, .type = ref->slot->type, .made = ref->slot->stack};
    uintptr_t end = ref->block + size;
    size_t header = search.is_c ? 0 : ffisan_describe_header(&block);
    const struct ffisan_overrun overrun = {.address = end,
                                           .size = size - header,
                                           .end = end,
                                           .access = FFISAN_ACCESS_READ,
                                           .is_crash = true};
    const struct ffisan_cevent event = {.kind = FFISAN_KIND_OUT_OF_BOUNDS,
                                        .access = FFISAN_ACCESS_READ,
                                        .address = end,
                                        .context = context,
                                        .ref = search.is_c ? ref : NULL,
                                        .lua_block = search.is_c ? NULL : &block,
                                        .lua_offset = (int64_t)size,
                                        .overrun = &overrun};
    ffisan_creport(state, &event);
}
