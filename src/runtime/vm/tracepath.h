/* SPDX-License-Identifier: MIT */
/**
 * Where in compiled code, more exactly than by the nearest snapshot: the bytecode that a trace was
 * recorded from is followed from one snapshot to the next, into the functions that were inlined,
 * and searched for what can do what was seen.
 * Internal to tracestack.h.  Reads raw memory of the VM.
 */
#ifndef FFISAN_VM_TRACEPATH_H
#define FFISAN_VM_TRACEPATH_H

#include "runtime/vm/luastack.h"

#define FFISAN_TRACEPATH_DEPTH 8

/** Calls in machine code. */
struct ffisan_tracecalls {
    uint32_t n_like_it; /**< of the same function */
    uint32_t n_of_c;    /**< of C functions that are not the VM's */
};

/** Frames of a snapshot: `from` is where the code goes on, `to` the next snapshot. */
struct ffisan_tracepath {
    const struct ffisan_vm *vm;
    const struct lj_trace *trace;
    const struct lj_snap *snap;
    struct ffisan_luaframe from[FFISAN_TRACEPATH_DEPTH], to[FFISAN_TRACEPATH_DEPTH];
    size_t n_from, n_to; /**< n_to: 0 = there is none, the trace ends */
    uintptr_t base;      /**< slots of the function that the trace runs in; 0 = not known */
    enum ffisan_luadoing doing;
    /* Machine code between the snapshots, before and after the call that runs. */
    struct ffisan_tracecalls before, after;
    bool is_counted;
    bool is_of_c; /**< the call that runs is one of a C function that is not the VM's */
};

/**
 * The frames of what was seen, innermost first, in `ret_frames` (FFISAN_TRACEPATH_DEPTH); 0 when
 * the way is not clear, or when it comes to nothing of the kind.
 */
size_t ffisan_tracepath_find(const struct ffisan_tracepath *path,
                             struct ffisan_luaframe *ret_frames);

#endif
