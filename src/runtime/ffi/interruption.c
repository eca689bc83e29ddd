/* SPDX-License-Identifier: MIT */
/*
 * The collector calls a finalizer as lua_pcall does, with the object as its argument, and below its
 * frame is whatever asked for memory.  A function that has no parameter uses the argument's slot
 * for something else.  On newer LuaJITs the finalizer has a thread
 * of its own, and the interrupted one is found as for other purposes (interrupted.h).
 */
#include "runtime/ffi/interruption.h"

#include "runtime/interrupted.h"
#include "runtime/vm/luaframe.h"
#include "runtime/vm/liveness_ops.h"
#include "runtime/vm/proto.h"

#include <string.h>

#define MOST_FRAMES 200

static bool is_lua(const uint64_t *base)
{
    uint64_t value = lj_base_function(base);
    return lj_tv_type(value) == LJ_GCT_FUNC &&
           ((const struct lj_func *)lj_tv_object(value))->ffid == 0;
}

static const struct lj_header *object_in(uint64_t value)
{
    uint32_t type = lj_tv_type(value);
    return type == LJ_GCT_CDATA || type == LJ_GCT_UDATA
               ? (const struct lj_header *)lj_tv_object(value)
               : NULL;
}

/* The argument of a finalizer; a cdata that is called, a C function, comes before it. */
static const struct lj_header *finalized_by(const uint64_t *base)
{
    const struct lj_header *first = object_in(base[0]);
    if (is_lua(base) || (first && first->gct == LJ_GCT_UDATA))
        return first;
    const struct lj_header *second = object_in(base[1]);
    return second ? second : first;
}

/* The base of the finalizer, or of the C function that is one. */
static const uint64_t *find_finalizer(const struct lj_thread *thread,
                                      struct ffisan_interruption *found)
{
    const uint64_t *base = (const uint64_t *)thread->base;
    for (unsigned n = 0; n < MOST_FRAMES && !lj_base_is_bottom(thread, base); n++) {
        found->n_functions += is_lua(base) && lj_base_type(base) != LJ_FRAME_VARG;
        if (lj_base_is_protected(base)) {
            found->object = finalized_by(base);
            return base;
        }
        base = lj_base_below(base);
    }
    return NULL;
}

static void list(struct ffisan_interruption *found, const uint64_t *base)
{
    const struct lj_thread *thread = found->thread;
    while (found->n_frames < FFISAN_INTERRUPTED && !lj_base_is_bottom(thread, base)) {
        struct ffisan_interrupted_frame *frame = &found->frames[found->n_frames++];
        frame->base = base;
        frame->offset = (uint32_t)((uintptr_t)base - thread->stack);
        base = lj_base_below(base);
    }
}

bool ffisan_interruption_find(struct ffisan_state *state, const lua_State *L,
                              struct ffisan_interruption *ret_interruption)
{
    struct ffisan_interruption *found = ret_interruption;
    found->thread = (const struct lj_thread *)L;
    found->n_frames = found->n_functions = 0;
    const uint64_t *base = find_finalizer(found->thread, found);
    if (!base)
        return false;
    base = lj_base_below(base);
    if (lj_base_is_bottom(found->thread, base)) {
        found->thread = ffisan_interrupted_thread(state, found->thread);
        if (!found->thread)
            return false;
        base = (const uint64_t *)found->thread->base;
    }
    list(found, base);
    return found->n_frames > 0;
}

const struct lj_proto *ffisan_interruption_proto(const uint64_t *base)
{
    if (!is_lua(base))
        return NULL;
    const struct lj_func *function = (const struct lj_func *)lj_tv_object(lj_base_function(base));
    return (const struct lj_proto *)(function->pc - sizeof(struct lj_proto));
}

bool ffisan_interruption_holds(const struct ffisan_vm *vm, const uint64_t *base, uint64_t link,
                               uintptr_t address)
{
    const struct lj_proto *proto = ffisan_interruption_proto(base);
    uint32_t pc = proto && proto->varinfo ? ffisan_proto_pc(proto, link) : UINT32_MAX;
    uint32_t n = pc != UINT32_MAX ? ffisan_scope_slots(proto, pc) : 0;
    for (uint32_t i = 0; i < n; i++) {
        if (lj_tv_type(base[i]) != LJ_GCT_CDATA)
            continue;
        const struct lj_cdata *cdata = (const struct lj_cdata *)lj_tv_object(base[i]);
        uintptr_t word;
        memcpy(&word, cdata->payload, sizeof(word));
        if ((uintptr_t)cdata->payload == address ||
            (word == address && ffisan_ctype_is_pointer(vm, cdata->ctypeid, NULL)))
            return true;
    }
    return false;
}
