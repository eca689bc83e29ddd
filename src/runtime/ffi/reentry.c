/* SPDX-License-Identifier: MIT */
/*
 * The waiting calls are on the Lua stack, with their arguments: C calls a function of Lua on the
 * stack of the thread that called C.  Nothing needs to be noted before.
 */
#include "runtime/ffi/reentry.h"

#include "runtime/cmem/cheap.h"
#include "runtime/fault/guard.h"
#include "runtime/state.h"
#include "runtime/vm/ctype_table.h"
#include "runtime/vm/luaframe.h"
#include "runtime/vm/modules.h"

#include <string.h>
#include <unistd.h>

#define UNKNOWN_SIZE 64 /* bytes of an object whose size is not known that are compared */

/* A call of a C function that has called back. */
struct waiting_call {
    const uint64_t *base, *end; /* its arguments; the first is the function */
    const uint64_t *callback;   /* the base of the function of Lua */
    uintptr_t callee;
};

static bool is_waiting(const struct ffisan_interruption *interruption, unsigned i,
                       struct waiting_call *ret_call)
{
    const uint64_t *base = interruption->frames[i].base;
    const uint64_t *above = interruption->frames[i - 1].base;
    if (!lj_base_is_callback(above) || !ffisan_builtin_is(base, FFISAN_BUILTIN_CDATA_CALL) ||
        lj_tv_type(base[0]) != LJ_GCT_CDATA)
        return false;
    const struct lj_cdata *function = (const struct lj_cdata *)lj_tv_object(base[0]);
    ret_call->base = base;
    ret_call->end = above - 4; /* a continuation and the function are below the callback's base */
    ret_call->callback = above;
    memcpy(&ret_call->callee, function->payload, sizeof(ret_call->callee));
    return true;
}

/* libc is at work everywhere. */
static bool is_same_library(uintptr_t a, uintptr_t b)
{
    const struct link_map *module = ffisan_modules_find(a);
    return module && module == ffisan_modules_find(b) &&
           module != ffisan_modules_find((uintptr_t)syscall);
}

static uintptr_t callee_on_top(const lua_State *L)
{
    const struct lj_thread *thread = (const struct lj_thread *)L;
    uint64_t value = *(const uint64_t *)thread->base;
    uintptr_t callee = 0;
    if (lj_tv_type(value) == LJ_GCT_CDATA)
        memcpy(&callee, ((const struct lj_cdata *)lj_tv_object(value))->payload, sizeof(callee));
    return callee;
}

bool ffisan_reentry_is(struct ffisan_state *state, const lua_State *L)
{
    struct ffisan_interruption interruption;
    struct waiting_call waiting;
    uintptr_t callee = callee_on_top(L);
    if (!callee || !ffisan_interruption_find(state, L, &interruption))
        return false;
    for (unsigned i = 1; i < interruption.n_frames; i++)
        if (is_waiting(&interruption, i, &waiting) && is_same_library(callee, waiting.callee))
            return true;
    return false;
}

/* ---- The object ------------------------------------------------------------------------------ */

/* The address that a value is for C; 0 = none. */
static uintptr_t address_of(const struct ffisan_vm *vm, uint64_t value)
{
    if (lj_tv_type(value) != LJ_GCT_CDATA)
        return 0;
    const struct lj_cdata *cdata = (const struct lj_cdata *)lj_tv_object(value);
    struct ffisan_act_given given = {.payload = (uintptr_t)cdata->payload,
                                     .ctypeid = cdata->ctypeid};
    memcpy(&given.word, cdata->payload, sizeof(given.word));
    return ffisan_act_address(vm, &given);
}

static bool is_among(const struct ffisan_vm *vm, const uint64_t *slot, const uint64_t *end,
                     uintptr_t address)
{
    for (; slot < end; slot++)
        if (address_of(vm, *slot) == address)
            return true;
    return false;
}

static bool is_finalized(const struct ffisan_vm *vm, const struct lj_header *object,
                         uintptr_t address)
{
    if (!object || object->gct != LJ_GCT_CDATA)
        return false;
    uint64_t value = (uint64_t)~LJ_GCT_CDATA << 47 | (uintptr_t)object;
    return address_of(vm, value) == address;
}

static bool find_outer(const struct ffisan_builtin_call *call,
                       const struct ffisan_interruption *interruption,
                       struct ffisan_reentry *reentry)
{
    const struct ffisan_vm *vm = &call->state->vm;
    struct waiting_call waiting;
    for (unsigned i = 1; i < interruption->n_frames; i++) {
        if (!is_waiting(interruption, i, &waiting) ||
            !is_same_library(reentry->callee, waiting.callee))
            continue;
        const struct lj_proto *proto = ffisan_interruption_proto(waiting.callback);
        const uint64_t *end = waiting.callback + (proto ? proto->numparams : 0);
        reentry->was_handed_back = is_among(vm, waiting.callback, end, reentry->at);
        reentry->outer = waiting.callee;
        reentry->outer_link = lj_base_return(waiting.base);
        if (reentry->was_handed_back || is_among(vm, waiting.base + 1, waiting.end, reentry->at))
            return true;
    }
    return false;
}

/* Bytes from an address to the end of what lies there, as far as it is known. */
static uint32_t size_at(struct ffisan_state *state, uintptr_t address)
{
    struct ffisan_slot_ref ref;
    if (!ffisan_heap_find(&state->heap, address, &ref) && !ffisan_cheap_find_live(address, &ref))
        return UNKNOWN_SIZE;
    size_t size = ref.block + ffisan_slot_size(&ref) - address;
    return size < FFISAN_OBJECT_BYTES ? (uint32_t)size : FFISAN_OBJECT_BYTES;
}

struct preparation {
    const struct ffisan_builtin_call *call;
    struct ffisan_reentry *reentry;
};

static void prepare(void *argument)
{
    const struct ffisan_builtin_call *call = ((struct preparation *)argument)->call;
    struct ffisan_reentry *reentry = ((struct preparation *)argument)->reentry;
    struct ffisan_interruption interruption;
    uint16_t function;
    if (!ffisan_builtin_cdata(call, 0, &function) ||
        !ffisan_interruption_find(call->state, call->L, &interruption))
        return;
    const struct ffisan_vm *vm = &call->state->vm;
    size_t n_values = ffisan_builtin_n_values(call);
    reentry->callee = callee_on_top(call->L);
    for (size_t i = 1; i < n_values && !reentry->call; i++) {
        reentry->at = address_of(vm, ffisan_builtin_value(call, i));
        reentry->is_finalized = is_finalized(vm, interruption.object, reentry->at);
        reentry->size = size_at(call->state, reentry->at);
        /* With other arguments it may be a context, which all functions get. */
        if (reentry->at && (reentry->is_finalized || n_values == 2) &&
            ffisan_question_parameter(vm, function, i) == FFISAN_PARAMETER_WRITTEN &&
            find_outer(call, &interruption, reentry) &&
            ffisan_guard_copy(reentry->before, (const void *)reentry->at, reentry->size))
            reentry->call = call;
    }
}

void ffisan_reentry_before(const struct ffisan_builtin_call *call, struct ffisan_reentry *reentry)
{
    struct preparation preparation = {call, reentry};
    reentry->call = NULL;
    call->state->n_reentries++;
    if (!ffisan_guard_run(prepare, &preparation))
        reentry->call = NULL;
}

/* ---- What has become of it ------------------------------------------------------------------- */

static bool is_live(uintptr_t address)
{
    struct ffisan_slot_ref ref;
    return !ffisan_cheap_find(address, &ref) || ffisan_slot_state(&ref) == FFISAN_SLOT_LIVE;
}

/*
 * Nothing but a count of references goes down by one: whoever else has one may go on.  Of an object
 * that the finalizer only knows, one that goes up may be a flag or a count, too.
 */
static bool is_count(const struct ffisan_reentry *reentry)
{
    enum { WORD = 4 };
    uint32_t n_changed = 0, before, after, step = 0;
    for (uint32_t i = 0; i + WORD <= reentry->size; i += WORD) {
        memcpy(&before, reentry->before + i, sizeof(before));
        memcpy(&after, reentry->after + i, sizeof(after));
        n_changed += before != after;
        if (before != after)
            step = after - before;
    }
    return n_changed == 1 && (step == UINT32_MAX || (step == 1 && !reentry->is_finalized));
}

void ffisan_reentry_after(const struct ffisan_builtin_call *call, struct ffisan_reentry *reentry)
{
    if (reentry->call != call)
        return;
    reentry->call = NULL;
    if (is_live(reentry->at) &&
        ffisan_guard_copy(reentry->after, (const void *)reentry->at, reentry->size) &&
        memcmp(reentry->before, reentry->after, reentry->size) != 0 && !is_count(reentry))
        ffisan_reentry_report(call, reentry);
}
