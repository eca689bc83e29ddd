/* SPDX-License-Identifier: MIT */
/**
 * Who called the VM's allocation helper?  Inside compiled code that return address is the only
 * trace of the position.  The helper's frame has a constant size, learned once by unwinding, so
 * afterwards the caller is one load away.
 */
#ifndef FFISAN_VM_CALLER_H
#define FFISAN_VM_CALLER_H

#include <stdint.h>

#define FFISAN_CALLERS 256 /* the index is made of low bits: the same wherever the code is loaded */

struct ffisan_caller {
    uintptr_t helper; /**< return address in the helper (lj_mem_newgco, lj_mem_realloc ...) */
    uint32_t frame;   /**< from our CFA to the helper's CFA, in bytes; UINT32_MAX = not constant */
};
extern struct ffisan_caller ffisan_callers[FFISAN_CALLERS];

/** Learns the frame size of a helper.  Call it while no compiled code runs.  Any thread. */
void ffisan_caller_learn(uintptr_t helper);

/** The address that the helper returns to, or 0.  `cfa`: of our function that the helper called. */
static inline uintptr_t ffisan_caller_find(uintptr_t helper, uintptr_t cfa)
{
    const struct ffisan_caller *entry = &ffisan_callers[(helper >> 2) % FFISAN_CALLERS];
    if (entry->helper != helper || entry->frame == UINT32_MAX)
        return 0;
    return *(const uintptr_t *)(cfa + entry->frame - 8);
}

static inline int ffisan_caller_is_known(uintptr_t helper)
{
    return ffisan_callers[(helper >> 2) % FFISAN_CALLERS].helper == helper;
}

#endif
