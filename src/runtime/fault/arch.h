/* SPDX-License-Identifier: MIT */
/** What differs between processors in a signal's context. */
#ifndef FFISAN_FAULT_ARCH_H
#define FFISAN_FAULT_ARCH_H

#include "wire/finding.h"

#include <stdbool.h>
#include <stdint.h>
#include <ucontext.h>

#ifndef __x86_64__
#error "ffisan knows the signal contexts of x86-64 only"
#endif

/** Address of the interrupted instruction. */
static inline uintptr_t ffisan_arch_pc(const ucontext_t *context)
{
    return (uintptr_t)context->uc_mcontext.gregs[REG_RIP];
}

static inline uintptr_t ffisan_arch_stack_pointer(const ucontext_t *context)
{
    return (uintptr_t)context->uc_mcontext.gregs[REG_RSP];
}

/** Did the signal come from the fetch of an instruction, at a bad address? */
static inline bool ffisan_arch_is_fetch(const ucontext_t *context)
{
    enum { PAGE_FAULT = 14, IS_FETCH = 1 << 4 };
    const greg_t *registers = context->uc_mcontext.gregs;
    return registers[REG_TRAPNO] == PAGE_FAULT && (registers[REG_ERR] & IS_FETCH);
}

/** How the faulting instruction used `address`. */
static inline enum ffisan_access ffisan_arch_access(const ucontext_t *context, uintptr_t address)
{
    enum { IS_WRITE = 1 << 1 };
    if (ffisan_arch_is_fetch(context) || ffisan_arch_pc(context) == address)
        return FFISAN_ACCESS_CALL;
    return (context->uc_mcontext.gregs[REG_ERR] & IS_WRITE) ? FFISAN_ACCESS_WRITE
                                                            : FFISAN_ACCESS_READ;
}

/** Where a call to a bad address (ffisan_arch_is_fetch) would have returned to. */
static inline uintptr_t ffisan_arch_return_address(const ucontext_t *context)
{
    return *(const uintptr_t *)ffisan_arch_stack_pointer(context);
}

/** The context of a call to a bad address becomes that of its caller, right after the call. */
static inline void ffisan_arch_leave_call(ucontext_t *context)
{
    context->uc_mcontext.gregs[REG_RIP] = (greg_t)ffisan_arch_return_address(context);
    context->uc_mcontext.gregs[REG_RSP] += (greg_t)sizeof(uintptr_t);
}

/** The general registers, one after the other.  False when there are no more. */
bool ffisan_arch_register(const ucontext_t *context, unsigned number, uintptr_t *ret_value);

/**
 * General registers that point into [from, from + size) point to the same place after `to` from now
 * on.  Returns false when there are none.
 */
bool ffisan_arch_redirect(ucontext_t *context, uintptr_t from, size_t size, uintptr_t to);

/**
 * Calls function(argument) on another stack that ends at `stack_end` (16-byte aligned).  The frame
 * is described for unwinders, which pass from the new stack to the old one.
 */
void ffisan_arch_call_on(void (*function)(void *), void *argument, void *stack_end);

#endif
