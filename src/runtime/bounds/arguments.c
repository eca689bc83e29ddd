/* SPDX-License-Identifier: MIT */
#include "runtime/bounds/arguments.h"

#include "runtime/bounds/disguise.h"
#include "runtime/bounds/gone.h"
#include "runtime/bounds/keep.h"
#include "runtime/bounds/stored.h"
#include "runtime/cmem/cheap.h"
#include "runtime/ffi/results_books.h"
#include "runtime/state.h"
#include "runtime/vm/cstack.h"
#include "runtime/vm/ctype.h"

#include <string.h>

/* What lies in an array or struct that C is given: buffers of an iovec, strings of an argv. */
static void keep_pointees(const struct ffisan_builtin_call *call, size_t position,
                          const struct ffisan_extent *extent, uintptr_t address)
{
    enum { MOST = 128 };
    address = (address + 7) & ~(uintptr_t)7;
    uintptr_t end = extent->end - address > MOST ? address + MOST : extent->end;
    for (; address < extent->end && address + 8 <= end; address += 8) {
        uint64_t word = *(const uint64_t *)address;
        struct ffisan_extent pointee;
        if (!ffisan_cheap_may_have(word) || !ffisan_extent_find(call->state, word, &pointee))
            continue;
        ffisan_keep_block(call, &pointee);
        if (pointee.ref.block != extent->ref.block)
            ffisan_stored_by_call(call, position, &pointee);
    }
}

/* Asked before the call: another function may be on top when the name is wanted. */
static uintptr_t callee_of(const struct ffisan_builtin_call *call)
{
    uint16_t ctypeid;
    uintptr_t address = 0;
    const void *payload = ffisan_builtin_cdata(call, 0, &ctypeid);
    if (payload && ffisan_ctype_is_pointer(&call->state->vm, ctypeid, NULL))
        memcpy(&address, payload, sizeof(address));
    return address;
}

static void before_call(const struct ffisan_builtin_call *call)
{
    struct ffisan_state *state = call->state;
    ffisan_state_classify_pending(state);
    size_t n_values = ffisan_builtin_n_values(call);
    for (size_t i = 1; i < n_values; i++) {
        struct ffisan_extent extent;
        uintptr_t address = ffisan_extent_address(call, i);
        if (!ffisan_extent_find(state, address, &extent)) {
            ffisan_gone_look(state, address);
            ffisan_stored_code_by_call(call, i, address);
            continue;
        }
        ffisan_keep_block(call, &extent);
        ffisan_stored_by_call(call, i, &extent);
        if (!ffisan_question_is_read(call, i))
            ffisan_extent_note_writer(call, &extent);
        if (extent.is_c || (extent.ref.slot->type & FFISAN_SLOT_TYPE_MASK) == LJ_GCT_CDATA)
            keep_pointees(call, i, &extent, address);
    }
    if (call->kept->n_blocks == 0)
        return;
    call->kept->callee = callee_of(call);
    ffisan_disguise_before(call);
    ffisan_builtin_begin(call);
}

static const char *name_of_function(const struct ffisan_builtin_call *call)
{
    struct ffisan_cframe frame;
    uintptr_t address = call->kept->callee;
    return address && ffisan_cstack_symbol(address, &frame) ? frame.function : NULL;
}

void ffisan_arguments_check(const struct ffisan_builtin_call *call)
{
    ffisan_keep_compare(call, name_of_function);
}

static void after_call(const struct ffisan_builtin_call *call)
{
    if (call->kept->n_blocks == 0)
        return;
    ffisan_arguments_check(call);
    ffisan_disguise_after(call);
    ffisan_builtin_end(call);
}

void ffisan_arguments_watch(void)
{
    ffisan_builtins_watch_samples(FFISAN_BUILTIN_CDATA_CALL, before_call, after_call);
}
