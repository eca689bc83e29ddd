/* SPDX-License-Identifier: MIT */
/** Is a finalizer (ffi.gc, __gc) the one that frees, and of which cdata? */
#ifndef FFISAN_CMEM_FINALIZER_H
#define FFISAN_CMEM_FINALIZER_H

#include "runtime/cmem/cheap.h"
#include "runtime/state.h"
#include "runtime/vm/finalizers.h"

#define FFISAN_GCS_FINALIZE 5                 /* lj_gc.h */
#define FFISAN_GC_STOPPED (UINT64_C(1) << 40) /* the threshold is LJ_MAX_MEM then */

/**
 * Does one run now?  The collector steps for nobody meanwhile (gc_call_finalizer).  lua_close runs
 * those of cdata before anything tells us that the state ends.  Cheap.
 */
static inline bool ffisan_finalizer_runs(const struct ffisan_state *state)
{
    if (!state || ffisan_vm_word(&state->vm, state->vm.layout.gc_threshold) < FFISAN_GC_STOPPED)
        return false;
    uint8_t gc_state = *(const uint8_t *)(state->vm.g + state->vm.layout.gc_state);
    return gc_state == FFISAN_GCS_FINALIZE || state->is_ending ||
           ffisan_finalizers_are_closing(&state->vm);
}

/**
 * The cdata or userdata that is finalised while its finalizer, or C code that this called, runs on
 * top of the Lua stack; else NULL.  Context: the thread of the state.
 */
const struct lj_header *ffisan_finalizer_object(const struct ffisan_state *state);

/** The cycle that found it dead: the one under way, unless it has told of its end. */
unsigned ffisan_finalizer_cycle(const struct ffisan_state *state);

/**
 * The collector runs a finalizer now (ffisan_finalizer_runs): notes type and origin of the object
 * that is finalised.  Context: the thread of the state.
 */
void ffisan_finalizer_note(const struct ffisan_state *state, struct ffisan_cnote *note);

#endif
