/* SPDX-License-Identifier: MIT */
#include "runtime/ffi/setting.h"

#include "runtime/cmem/finalizer_places.h"
#include "runtime/cmem/numbers.h"
#include "runtime/ffi/builtins.h"
#include "runtime/state.h"
#include "runtime/vm/ctype_table.h"

#include <string.h>

static void before_gc(const struct ffisan_builtin_call *call)
{
    struct ffisan_state *state = call->state;
    uint64_t object = ffisan_builtin_value(call, 0);
    struct ffisan_slot_ref ref;
    uint32_t visits;
    if (!state->stacks || lj_tv_type(object) != LJ_GCT_CDATA ||
        lj_tv_type(ffisan_builtin_value(call, 1)) == LJ_IT_NIL ||
        !ffisan_heap_find(&state->heap, lj_tv_object(object), &ref) || ref.slot->stack == 0)
        return;
    uint32_t here = ffisan_stacks_here(state->stacks, &state->vm, 0, &visits);
    ffisan_finalizer_places_note(state, ref.slot->stack, here);
}

/* ---- Addresses as integers ------------------------------------------------------------------- */

/* A pointer, a number that can be one, or neither; and where it leads, as far as a cdata has it. */
static int find_kind(const struct ffisan_builtin_call *call, uint64_t value, uintptr_t *ret_address)
{
    struct ffisan_ctable table;
    *ret_address = 0;
    if (lj_tv_type(value) >= LJ_IT_NUMX)
        return FFISAN_CAST_NUMBER;
    if (lj_tv_type(value) != LJ_GCT_CDATA || !ffisan_ctable_init(&table, &call->state->vm))
        return FFISAN_CAST_OTHER;
    const struct lj_cdata *cdata = (const struct lj_cdata *)lj_tv_object(value);
    const struct lj_ctype *type = ffisan_ctable_raw(&table, cdata->ctypeid);
    uint32_t kind = type ? lj_ct_kind(type) : LJ_CT_VOID;
    bool is_number = kind == LJ_CT_NUM && !(type->info & LJ_CTF_FP);
    if ((kind != LJ_CT_PTR && !is_number) || type->size != sizeof(*ret_address))
        return FFISAN_CAST_OTHER;
    memcpy(ret_address, cdata->payload, sizeof(*ret_address));
    return is_number ? FFISAN_CAST_NUMBER : FFISAN_CAST_POINTER;
}

static void before_cast(const struct ffisan_builtin_call *call)
{
    uintptr_t address;
    call->kept->cast_from = find_kind(call, ffisan_builtin_value(call, 1), &address);
}

static void after_cast(const struct ffisan_builtin_call *call)
{
    uintptr_t address;
    size_t n = ffisan_builtin_n_values(call);
    int to =
        n > 0 ? find_kind(call, ffisan_builtin_value(call, n - 1), &address) : FFISAN_CAST_OTHER;
    if (call->kept->cast_from == FFISAN_CAST_POINTER && to == FFISAN_CAST_NUMBER)
        ffisan_numbers_from_pointer(address);
    else if (call->kept->cast_from == FFISAN_CAST_NUMBER && to == FFISAN_CAST_POINTER)
        ffisan_numbers_to_pointer(address);
}

void ffisan_setting_watch(void)
{
    ffisan_builtins_watch_samples(FFISAN_BUILTIN_CAST, before_cast, after_cast);
    ffisan_builtins_watch_samples(FFISAN_BUILTIN_GC, before_gc, NULL);
}
