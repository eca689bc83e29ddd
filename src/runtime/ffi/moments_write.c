/* SPDX-License-Identifier: MIT */
#include "runtime/cmem/cheap.h"
#include "runtime/cmem/finalizer.h"
#include "runtime/cmem/position.h"
#include "runtime/fault/guard.h"
#include "runtime/ffi/moments_books.h"
#include "runtime/state.h"
#include "runtime/vm/luaframe.h"
#include "runtime/vm/proto.h"

#include <string.h>

#define CALLS_LOOKED_AT 4096 /* after a finalizer has overwritten something */

/* ---- Before the finalizer -------------------------------------------------------------------- */

static bool is_return_into(const struct ffisan_interrupted_frame *frame, uint64_t link)
{
    const struct lj_proto *proto = ffisan_interruption_proto(frame->base);
    return proto && ffisan_proto_pc(proto, link - 4) != UINT32_MAX;
}

/* Which interrupted function did it itself, or called what did it, as `ret_caller`?  NULL: none. */
static const struct ffisan_interrupted_frame *
find_frame(const struct ffisan_interruption *interruption, const struct ffisan_act *act,
           unsigned *ret_caller)
{
    if ((const void *)act->L != (const void *)interruption->thread)
        return NULL;
    for (unsigned i = 0; i < FFISAN_ACT_CALLERS && act->callers[i].link; i++) {
        for (unsigned k = 0; k < interruption->n_frames; k++) {
            const struct ffisan_interrupted_frame *frame = &interruption->frames[k];
            *ret_caller = i;
            if (frame->offset == act->callers[i].base &&
                (i > 0 || lj_base_function(frame->base) == act->function) &&
                is_return_into(frame, act->callers[i].link))
                return frame;
        }
    }
    return NULL;
}

/* The last write to the buffer before the finalizer.  `ret_was_read`: after it. */
static const struct ffisan_act *find_writer(const struct ffisan_builtin_call *call,
                                            uintptr_t address, bool *ret_was_read)
{
    const struct ffisan_acts *acts = &call->state->moments->acts;
    const struct ffisan_vm *vm = &call->state->vm;
    const struct ffisan_act *act;
    *ret_was_read = false;
    for (uint32_t i = 0; (act = ffisan_acts_newest(acts, i)); i++) {
        if (ffisan_act_does(vm, act, FFISAN_ACT_WRITES, address))
            return act;
        *ret_was_read |= ffisan_act_does(vm, act, FFISAN_ACT_READS, address);
    }
    return NULL;
}

static bool has_key(const struct ffisan_act *act, uint64_t key)
{
    double first, last, wanted;
    if (lj_tv_type(key) < LJ_IT_NUMX || lj_tv_type(act->keys[0]) < LJ_IT_NUMX)
        return act->keys[0] == key;
    memcpy(&first, &act->keys[0], sizeof(first));
    memcpy(&last, &act->keys[1], sizeof(last));
    memcpy(&wanted, &key, sizeof(wanted));
    return first <= last ? wanted >= first && wanted <= last : wanted >= last && wanted <= first;
}

/* The function has assigned that member or element as well, not long ago. */
static bool is_assigned(const struct ffisan_builtin_call *call, const struct ffisan_act *writer,
                        uintptr_t address)
{
    const struct ffisan_acts *acts = &call->state->moments->acts;
    const struct ffisan_act *act;
    uint64_t key = ffisan_builtin_value(call, 1);
    for (uint32_t i = 0; (act = ffisan_acts_newest(acts, i)); i++)
        if (act->builtin == FFISAN_BUILTIN_CDATA_NEWINDEX && act->function == writer->function &&
            has_key(act, key) && ffisan_act_does(&call->state->vm, act, FFISAN_ACT_WRITES, address))
            return true;
    return false;
}

/* Finalizers have looked at the object before they change it: they count, or add to a list. */
static bool is_updated(const struct ffisan_builtin_call *call, uintptr_t address)
{
    const struct ffisan_acts *acts = &call->state->moments->finalizer_acts;
    const struct ffisan_act *act;
    for (uint32_t i = 0; (act = ffisan_acts_newest(acts, i)); i++)
        if (act->builtin == FFISAN_BUILTIN_CDATA_INDEX &&
            ffisan_act_does(&call->state->vm, act, FFISAN_ACT_READS, address))
            return true;
    return false;
}

/* ---- A write of a finalizer ------------------------------------------------------------------ */

struct preparation {
    const struct ffisan_builtin_call *call;
    const struct ffisan_act *act;
};

/* Where it was interrupted: below the finalizer on one stack, or on the stack of another thread. */
static void find_place(const struct ffisan_builtin_call *call,
                       const struct ffisan_interruption *interruption,
                       struct ffisan_overwriting *seen)
{
    struct ffisan_stacks *stacks = call->state->stacks;
    seen->n_above = interruption->n_functions;
    seen->interrupted = 0;
    if ((const void *)interruption->thread != (const void *)call->L && stacks)
        seen->interrupted = ffisan_stacks_of(stacks, interruption->thread);
}

/* The object that is finalised, or what it leads to. */
static bool is_finalized(const struct ffisan_interruption *interruption,
                         const struct ffisan_act_given *given)
{
    const struct lj_cdata *cdata = (const struct lj_cdata *)interruption->object;
    uint64_t word;
    if (!cdata || cdata->gct != LJ_GCT_CDATA)
        return false;
    memcpy(&word, cdata->payload, sizeof(word));
    return given->payload == (uintptr_t)cdata->payload || given->word == word;
}

/* The one that has the same buffer, or a free one, or the first. */
static struct ffisan_overwriting *place_for(struct ffisan_moments *moments,
                                            const struct ffisan_overwriting *seen)
{
    struct ffisan_overwriting *place = &moments->overwritings[0];
    for (unsigned i = FFISAN_OVERWRITINGS; i-- > 0;)
        if (!moments->overwritings[i].is_open)
            place = &moments->overwritings[i];
    for (unsigned i = 0; i < FFISAN_OVERWRITINGS; i++)
        if (moments->overwritings[i].is_open && moments->overwritings[i].at == seen->at)
            place = &moments->overwritings[i];
    return place;
}

/* Which of the interrupted functions had filled the buffer?  False: none, as far as is known. */
static bool find_filler(const struct ffisan_builtin_call *call,
                        const struct ffisan_interruption *interruption,
                        struct ffisan_overwriting *seen)
{
    unsigned caller;
    struct ffisan_moments *moments = call->state->moments;
    const struct ffisan_shared_buffer *shared = ffisan_moment_shared(moments, seen->at);
    const struct ffisan_overwriting *place = place_for(moments, seen);
    bool is_first = !place->is_open || place->at != seen->at;
    if (!shared || (is_first && !ffisan_moment_is_filling(shared, &seen->before)))
        return false; /* what compiled code has put there since is not known */
    const struct ffisan_act *writer = find_writer(call, seen->at, &seen->was_read);
    if (!writer ||
        (call->builtin == FFISAN_BUILTIN_CDATA_NEWINDEX &&
         writer->builtin == FFISAN_BUILTIN_CDATA_NEWINDEX && !is_assigned(call, writer, seen->at)))
        return false;
    const struct ffisan_interrupted_frame *frame = find_frame(interruption, writer, &caller);
    if (!frame)
        return false;
    seen->is_own = caller == 0 || ffisan_interruption_holds(&call->state->vm, frame->base,
                                                            writer->callers[caller].link, seen->at);
    seen->writer = *writer;
    seen->frame = (struct ffisan_waiting_frame){.L = (const lua_State *)interruption->thread,
                                                .offset = frame->offset,
                                                .function = lj_base_function(frame->base),
                                                .link = lj_base_link(frame->base)};
    find_place(call, interruption, seen);
    return true;
}

static void prepare_for(const struct ffisan_builtin_call *call, const struct ffisan_act *act,
                        const struct ffisan_act_given *given)
{
    struct ffisan_watched_write write;
    struct ffisan_overwriting *seen = &write.seen;
    struct ffisan_interruption interruption;
    if (!ffisan_moment_is_touched(call->state->moments, given) ||
        ffisan_act_effect(&call->state->vm, act, given) != FFISAN_ACT_WRITES ||
        !ffisan_interruption_find(call->state, call->L, &interruption) ||
        is_finalized(&interruption, given) || !ffisan_moment_take(call, act, given, seen) ||
        (call->builtin == FFISAN_BUILTIN_CDATA_NEWINDEX && is_updated(call, seen->at)))
        return;
    seen->is_open = false;
    write.call = call;
    write.given = *given;
    write.has_filler = find_filler(call, &interruption, seen);
    call->state->moments->watched = write;
}

/* Of several that are written to, the first that a function had filled. */
static void prepare(void *argument)
{
    struct preparation *preparation = argument;
    const struct ffisan_act *act = preparation->act;
    const struct ffisan_watched_write *watched = &preparation->call->state->moments->watched;
    for (uint32_t i = 0; i < act->n_given; i++) {
        prepare_for(preparation->call, act, &act->given[i]);
        if (watched->call && watched->has_filler)
            return;
    }
}

void ffisan_moment_before_write(const struct ffisan_builtin_call *call,
                                const struct ffisan_act *act)
{
    struct preparation preparation = {.call = call, .act = act};
    if (!ffisan_guard_run(prepare, &preparation))
        call->state->moments->watched.call = NULL;
}

void ffisan_moment_close(struct ffisan_moments *moments, struct ffisan_overwriting *overwriting)
{
    moments->n_open -= overwriting->is_open;
    overwriting->is_open = false;
}

/* Further writes of finalizers to a buffer are one with the first; they may undo it. */
static bool join(const struct ffisan_builtin_call *call, const struct ffisan_overwriting *first,
                 struct ffisan_overwriting *seen)
{
    const struct ffisan_watched_write *watched = &call->state->moments->watched;
    seen->n_members = 0;
    if (!first->is_open || first->at != seen->at)
        return ffisan_moment_compare(call, &watched->given, seen);
    seen->before = first->before;
    seen->n_members = first->n_members;
    seen->last_member = first->last_member;
    return ffisan_moment_compare(call, NULL, seen);
}

static void count_member(const struct ffisan_builtin_call *call, struct ffisan_overwriting *seen)
{
    uint64_t key = ffisan_builtin_value(call, 1);
    if (call->builtin != FFISAN_BUILTIN_CDATA_NEWINDEX)
        seen->n_members = 0;
    else
        seen->n_members += seen->n_members == 0 || seen->last_member != key;
    seen->last_member = key;
}

static void note_finalizer(struct ffisan_state *state, struct ffisan_overwriting *seen)
{
    struct ffisan_finalized finalized = ffisan_position_finalized(state);
    seen->finalizer_ctype = finalized.ctype;
    seen->finalizer_made = finalized.made;
    seen->stack = ffisan_moment_stack(state);
    seen->cycle = ffisan_finalizer_cycle(state);
    if (seen->interrupted)
        seen->n_above = 0;
    else
        seen->interrupted = seen->stack;
}

/* The finalizer has freed it: no buffer of others. */
static bool is_freed(uintptr_t address)
{
    struct ffisan_slot_ref ref;
    return ffisan_cheap_find(address, &ref) && ffisan_slot_state(&ref) != FFISAN_SLOT_LIVE;
}

void ffisan_moment_after_write(const struct ffisan_builtin_call *call)
{
    struct ffisan_moments *moments = call->state->moments;
    struct ffisan_overwriting *seen = &moments->watched.seen;
    struct ffisan_overwriting *place = place_for(moments, seen);
    moments->watched.call = NULL;
    if (is_freed(seen->at))
        return;
    ffisan_moment_share(moments, seen->at);
    if (!moments->watched.has_filler)
        return;
    bool is_replaced = join(call, place, seen);
    ffisan_moment_close(moments, place);
    if (!is_replaced)
        return;
    count_member(call, seen);
    note_finalizer(call->state, seen);
    seen->n_left = CALLS_LOOKED_AT;
    *place = *seen;
    place->is_open = true;
    moments->n_open++;
}
