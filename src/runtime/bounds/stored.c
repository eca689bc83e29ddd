/* SPDX-License-Identifier: MIT */
#include "runtime/bounds/stored.h"

#include "runtime/audit/standin.h"
#include "runtime/bounds/fields.h"
#include "runtime/ffi/callbacks.h"
#include "runtime/ffi/results_books.h"
#include "runtime/report/stores.h"
#include "runtime/state.h"
#include "runtime/vm/ctype.h"
#include "runtime/vm/modules.h"

#include <string.h>

static struct ffisan_stored block_of(const struct ffisan_extent *extent)
{
    return (struct ffisan_stored){
        .block = extent->ref.block, .made = extent->ref.slot->stack, .is_c = extent->is_c};
}

/* A callback, or something in a library, which may be unloaded. */
static bool find_code(const struct ffisan_state *state, uintptr_t address,
                      struct ffisan_stored *ret)
{
    *ret = (struct ffisan_stored){.block = address, .made = ffisan_callbacks_made(state, address)};
    return ret->made != 0 || (address != 0 && ffisan_modules_find(address));
}

/* Also one that has just died: what leads to it now may be a number, or a pointer into it. */
static bool find_block(struct ffisan_state *state, uintptr_t address, struct ffisan_stored *ret)
{
    struct ffisan_extent extent;
    struct ffisan_slot_ref ref;
    const struct ffisan_standin *standin = ffisan_standin_find(address);
    if (!standin && ffisan_extent_find(state, address, &extent)) {
        *ret = block_of(&extent);
        return true;
    }
    if (!standin && (!ffisan_heap_find(&state->heap, address, &ref) ||
                     ref.span->group == FFISAN_GROUP_INTERNAL))
        return false;
    if (!standin && ffisan_slot_state(&ref) == FFISAN_SLOT_HELD)
        standin = ffisan_standin_for(state, &ref);
    if (standin)
        *ret = (struct ffisan_stored){.block = standin->block, .made = standin->made};
    else
        *ret = (struct ffisan_stored){.block = ref.block, .made = ref.slot->stack};
    return standin ? standin->state == state : ffisan_slot_state(&ref) == FFISAN_SLOT_DEAD;
}

static struct ffisan_store_into into(const struct ffisan_builtin_call *call, uintptr_t address)
{
    struct ffisan_store_into into = {.address = address};
    struct ffisan_extent extent;
    if (address == 0 || !ffisan_extent_find(call->state, address, &extent))
        return into;
    into.start = extent.start;
    into.made = extent.ref.slot->stack;
    into.is_c = extent.is_c;
    return into;
}

static void stored_by_call(const struct ffisan_builtin_call *call, size_t position,
                           struct ffisan_stored what)
{
    struct ffisan_store store = {.what = what, .place = ffisan_builtin_place(call)};
    size_t n_values = ffisan_builtin_n_values(call);
    uint16_t ctypeid;
    const void *callee = ffisan_builtin_cdata(call, 0, &ctypeid);
    if (!callee || !ffisan_ctype_is_pointer(&call->state->vm, ctypeid, NULL))
        return; /* a type that is called makes an object */
    memcpy(&store.callee, callee, sizeof(store.callee));
    store.is_const = ffisan_question_is_read(call, position);
    for (size_t i = 1, n = 0; i < n_values && n < FFISAN_STORE_INTO; i++)
        if (i != position) {
            store.into[n] = into(call, ffisan_extent_address(call, i));
            n += store.into[n].address != 0;
        }
    ffisan_stores_note(call->state, &store);
}

void ffisan_stored_by_call(const struct ffisan_builtin_call *call, size_t position,
                           const struct ffisan_extent *extent)
{
    stored_by_call(call, position, block_of(extent));
}

void ffisan_stored_code_by_call(const struct ffisan_builtin_call *call, size_t position,
                                uintptr_t address)
{
    struct ffisan_stored what;
    if (find_code(call->state, address, &what))
        stored_by_call(call, position, what);
}

/* Does the new object hold an address of the block among its first words? */
static bool holds(const struct lj_cdata *cdata, size_t size, const struct ffisan_extent *extent)
{
    enum { MOST = 256 };
    uintptr_t word;
    for (size_t offset = 0; offset + 8 <= size && offset < MOST; offset += 8) {
        memcpy(&word, cdata->payload + offset, sizeof(word));
        if (word - extent->start < extent->end - extent->start)
            return true;
    }
    return false;
}

static void before_making(const struct ffisan_builtin_call *call)
{
    struct ffisan_builtin_kept *kept = call->kept;
    size_t n_values = ffisan_builtin_n_values(call);
    for (size_t i = 1; i < n_values && kept->n_initial < FFISAN_BUILTIN_INITIAL; i++) {
        uintptr_t address = ffisan_extent_address(call, i);
        if (address != 0)
            kept->initial[kept->n_initial++] = address;
    }
}

/* ffi.new("char *[1]", p), struct_type(p, n), ffi.cast("intptr_t", p). */
static void after_making(const struct ffisan_builtin_call *call)
{
    size_t n_values = ffisan_builtin_n_values(call);
    uint64_t made = n_values > 0 ? ffisan_builtin_value(call, n_values - 1) : UINT64_MAX;
    struct ffisan_extent own, extent;
    const struct lj_cdata *cdata = (const struct lj_cdata *)lj_tv_object(made);
    if (call->kept->n_initial == 0 || lj_tv_type(made) != LJ_GCT_CDATA ||
        ffisan_ctype_is_pointer(&call->state->vm, cdata->ctypeid, NULL))
        return;
    ffisan_state_classify_pending(call->state);
    if (!ffisan_extent_find(call->state, (uintptr_t)cdata->payload, &own) || own.is_c)
        return;
    for (unsigned i = 0; i < call->kept->n_initial; i++) {
        if (!ffisan_extent_find(call->state, call->kept->initial[i], &extent) ||
            extent.ref.block == own.ref.block || !holds(cdata, own.end - own.start, &extent))
            continue;
        const struct ffisan_store store = {.what = block_of(&extent),
                                           .into = {into(call, (uintptr_t)cdata->payload)},
                                           .place = ffisan_builtin_place(call)};
        ffisan_stores_note(call->state, &store);
    }
}

/* Of a value that is assigned: also of an integer that was made of it. */
static uintptr_t address_of(const struct ffisan_builtin_call *call, size_t position)
{
    uint16_t ctypeid;
    uintptr_t word;
    const void *payload = ffisan_builtin_cdata(call, position, &ctypeid);
    if (!payload ||
        ffisan_ctype_slot(&call->state->vm, ctypeid, sizeof(word), 0) != FFISAN_SLOT_INTEGER)
        return ffisan_extent_address(call, position);
    memcpy(&word, payload, sizeof(word));
    return word;
}

/* Numbers, which most assignments are of, cost a comparison. */
static void before_assignment(const struct ffisan_builtin_call *call)
{
    enum { OBJECT, KEY, VALUE };
    struct ffisan_store store = {.place = ffisan_builtin_place(call)};
    uintptr_t address = address_of(call, VALUE);
    if (address == 0)
        return;
    ffisan_state_classify_pending(call->state);
    if (!find_block(call->state, address, &store.what) &&
        !find_code(call->state, address, &store.what))
        return;
    store.into[0] = into(call, ffisan_extent_address(call, OBJECT));
    store.into[0].address += ffisan_fields_offset(call, &store.into[0].stride);
    ffisan_stores_note(call->state, &store);
}

void ffisan_stored_watch(void)
{
    ffisan_builtins_watch_samples(FFISAN_BUILTIN_CDATA_NEWINDEX, before_assignment, NULL);
    ffisan_builtins_watch_samples(FFISAN_BUILTIN_NAMESPACE_NEWINDEX, before_assignment, NULL);
    ffisan_builtins_watch_samples(FFISAN_BUILTIN_CDATA_CALL, before_making, after_making);
    ffisan_builtins_watch_samples(FFISAN_BUILTIN_NEW, before_making, after_making);
    ffisan_builtins_watch_samples(FFISAN_BUILTIN_CAST, before_making, after_making);
}
