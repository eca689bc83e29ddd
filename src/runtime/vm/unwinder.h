/* SPDX-License-Identifier: MIT */
/**
 * The functions of libgcc_s that walk C stacks.  They are looked up and not linked: LuaJIT programs
 * have the library loaded, and every other process into which we are preloaded would pay a tenth of
 * a millisecond for it at its start.  Defined in cstack.c.
 */
#ifndef FFISAN_VM_UNWINDER_H
#define FFISAN_VM_UNWINDER_H

#include "base/lock.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <unwind.h>

struct ffisan_unwinder {
    _Unwind_Reason_Code (*backtrace)(_Unwind_Trace_Fn visit, void *argument);
    _Unwind_Ptr (*get_ip)(struct _Unwind_Context *context, int *ret_is_before);
    _Unwind_Word (*get_cfa)(struct _Unwind_Context *context);
    void *(*function_start)(void *pc);
    uintptr_t low; /**< where its code lies: what it calls must not unwind, it holds its lock */
    size_t size;
};

/** All NULL until loaded. */
extern struct ffisan_unwinder ffisan_unwinder;

/**
 * Held while we unwind: libgcc takes a lock of its own then, which a handler that interrupts the
 * unwinding thread, or the child of a fork, would wait for in vain.
 */
extern struct ffisan_lock ffisan_unwinder_lock;

static inline bool ffisan_unwinder_is_caller(uintptr_t pc)
{
    return pc - ffisan_unwinder.low < ffisan_unwinder.size;
}

/**
 * Loads the library. Idempotent. Returns false when the system has none.
 * Context: not a signal handler.
 */
bool ffisan_unwinder_load(void);

#endif
