/* SPDX-License-Identifier: MIT */
/**
 * The Lua frames inside a trace, from its snapshots.
 * Internal to luastack.h.  Reads raw memory of the VM.
 */
#ifndef FFISAN_VM_TRACESTACK_H
#define FFISAN_VM_TRACESTACK_H

#include "runtime/vm/tracepath.h"

/** Where compiled code is. */
struct ffisan_tracepoint {
    const struct ffisan_vm *vm;
    const struct lj_trace *trace;
    uintptr_t machine_pc; /**< 0 = not known */
    uintptr_t base;       /**< slots of the Lua function that it runs in; 0 = not known */
    enum ffisan_luadoing doing;
};

/** Innermost first, all marked approximate; `max` at least 1. */
size_t ffisan_tracestack_find(const struct ffisan_tracepoint *point, struct ffisan_luaframe *frames,
                              size_t max);

/** The frames of one snapshot.  Its position is where the code goes on. */
size_t ffisan_tracestack_snapshot(const struct ffisan_vm *vm, const struct lj_trace *trace,
                                  const struct lj_snap *snap, struct ffisan_luaframe *frames,
                                  size_t max);

#endif
