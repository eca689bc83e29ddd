/* SPDX-License-Identifier: MIT */
/**
 * What a finalizer that runs now has interrupted: the functions below it on the Lua stack.
 * Context: the thread of the state, in a function that the finalizer called.
 */
#ifndef FFISAN_FFI_INTERRUPTION_H
#define FFISAN_FFI_INTERRUPTION_H

#include "runtime/state.h"

#define FFISAN_INTERRUPTED 32

struct ffisan_interrupted_frame {
    const uint64_t *base;
    uint32_t offset; /**< of the base from the start of the stack, in bytes */
};

struct ffisan_interruption {
    const struct lj_thread *thread;
    const struct lj_header *object; /**< that is finalised, a cdata or userdata; NULL: not known */
    unsigned n_functions;           /**< Lua functions of the finalizer, on top of it */
    unsigned n_frames;
    struct ffisan_interrupted_frame frames[FFISAN_INTERRUPTED]; /**< innermost first */
};

/** False when it is not understood, or nothing was interrupted. */
bool ffisan_interruption_find(struct ffisan_state *state, const lua_State *L,
                              struct ffisan_interruption *ret_interruption);

/** The Lua function of the frame at `base`, or NULL. */
const struct lj_proto *ffisan_interruption_proto(const uint64_t *base);

/**
 * Has a local variable of the frame at `base`, in scope where its function goes on at `link`, a
 * cdata that is at `address` or leads there?
 */
bool ffisan_interruption_holds(const struct ffisan_vm *vm, const uint64_t *base, uint64_t link,
                               uintptr_t address);

#endif
