/* SPDX-License-Identifier: MIT */
#include "runtime/bounds/stored.h"

#include "runtime/ffi/results_books.h"
#include "runtime/report/stores.h"
#include "runtime/state.h"
#include "runtime/vm/ctype.h"

#include <string.h>

static struct ffisan_stored block_of(const struct ffisan_extent *extent)
{
    return (struct ffisan_stored){.block = extent->ref.block,
                                  .made = extent->ref.slot->stack,
                                  .is_c = extent->is_c};
}

void ffisan_stored_by_call(const struct ffisan_builtin_call *call, size_t position,
                           const struct ffisan_extent *extent)
{
    struct ffisan_store store = {.what = block_of(extent), .place = ffisan_builtin_place(call)};
    size_t n_values = ffisan_builtin_n_values(call);
    uint16_t ctypeid;
    const void *callee = ffisan_builtin_cdata(call, 0, &ctypeid);
    if (!callee || !ffisan_ctype_is_pointer(&call->state->vm, ctypeid, NULL))
        return; /* a type that is called makes an object */
    memcpy(&store.callee, callee, sizeof(store.callee));
    store.is_const = ffisan_question_is_read(call, position);
    for (size_t i = 1, n = 0; i < n_values && n < FFISAN_STORE_INTO; i++)
        if (i != position && (store.into[n] = ffisan_extent_address(call, i)) != 0)
            n++;
    ffisan_stores_note(call->state, &store);
}

/* Numbers, which most assignments are of, cost a comparison. */
static void before_assignment(const struct ffisan_builtin_call *call)
{
    enum { OBJECT, KEY, VALUE };
    struct ffisan_extent extent;
    uintptr_t address = ffisan_extent_address(call, VALUE);
    if (address == 0)
        return;
    ffisan_state_classify_pending(call->state);
    if (!ffisan_extent_find(call->state, address, &extent))
        return;
    const struct ffisan_store store = {.what = block_of(&extent),
                                       .into = {ffisan_extent_address(call, OBJECT)},
                                       .place = ffisan_builtin_place(call)};
    ffisan_stores_note(call->state, &store);
}

void ffisan_stored_watch(void)
{
    ffisan_builtins_watch_samples(FFISAN_BUILTIN_CDATA_NEWINDEX, before_assignment, NULL);
    ffisan_builtins_watch_samples(FFISAN_BUILTIN_NAMESPACE_NEWINDEX, before_assignment, NULL);
}
