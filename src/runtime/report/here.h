/* SPDX-License-Identifier: MIT */
/**
 * The stack of what runs now, as frames of a finding: C functions, then Lua functions, without
 * those of the VM and of ffisan.
 * Context: as report.h; reads raw memory of the VM, so run it under a guard, one function a time.
 */
#ifndef FFISAN_REPORT_HERE_H
#define FFISAN_REPORT_HERE_H

#include "runtime/report/report.h"

#include <ucontext.h>

struct ffisan_state;

#define FFISAN_HERE_PCS 128

struct ffisan_here {
    uintptr_t pcs[FFISAN_HERE_PCS];
    size_t n_pcs;
    size_t n_frames;      /**< written to scratch->frames so far */
    bool saw_vm;          /**< the C stack leads into LuaJIT */
    const char *function; /**< the C function that Lua called, or the VM's own; NULL = not known */
    const char *source;   /**< the Lua source line, or NULL */
};

/** Captures the C stack (of a signal's context, or of the caller) and names its frames. */
void ffisan_here_add_c(struct ffisan_here *here, struct ffisan_scratch *scratch,
                       const ucontext_t *context);

/**
 * Adds the Lua frames of a state, if it is its stack.  Another thread has none: then it is where
 * Lua code waits meanwhile for a C function that it has called, and marked as approximate.
 */
void ffisan_here_add_lua(struct ffisan_here *here, struct ffisan_scratch *scratch,
                         struct ffisan_state *state);

/** The frames as a stack. */
static inline struct ffisan_stack ffisan_here_stack(const struct ffisan_here *here,
                                                    const struct ffisan_scratch *scratch)
{
    return (struct ffisan_stack){.n_frames = here->n_frames, .frames = scratch->frames};
}

#endif
