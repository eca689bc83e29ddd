/* SPDX-License-Identifier: MIT */
/**
 * The frames of a Lua stack with their slots, innermost first, read from raw memory: which slots
 * belong to which function, and where that function stands.
 * Context: the thread of the state, or a signal handler on it.  A damaged stack ends the walk.
 */
#ifndef FFISAN_VM_ANCHORS_FRAMES_H
#define FFISAN_VM_ANCHORS_FRAMES_H

#include "base/text.h"
#include "runtime/vm/layout.h"

enum ffisan_frame_kind {
    FFISAN_FRAME_LUA,
    FFISAN_FRAME_VARARGS, /**< the slots with `...` of the frame before */
    FFISAN_FRAME_C,       /**< C function, built-in function */
    FFISAN_FRAME_BOTTOM,  /**< of a C program, or the function of a coroutine not yet started */
};

struct ffisan_stack_frame {
    enum ffisan_frame_kind kind;
    const struct lj_func *func;   /**< NULL at the bottom */
    const struct lj_proto *proto; /**< NULL unless a Lua function */
    uint32_t pc;                  /**< bytecode index; 0 = not known */
    const uint64_t *base;         /**< first slot */
    const uint64_t *end;          /**< one past its last slot */
};

struct ffisan_frame_walk {
    const struct lj_thread *thread;
    const uint64_t *top_base; /**< base of the innermost frame */
    const uint64_t *base;     /**< of the next frame to report, NULL when done */
    const uint64_t *callee;   /**< base of the frame reported last, or NULL */
    bool is_varargs;          /**< the next frame holds the varargs of the last */
};

/** Begins with the innermost frame; with `vm` (or NULL) also where compiled code runs. */
void ffisan_frame_walk_init(struct ffisan_frame_walk *walk, const struct ffisan_vm *vm,
                            const struct lj_thread *thread);

/** The next frame outwards; false when there is none. */
bool ffisan_frame_walk_next(struct ffisan_frame_walk *walk, struct ffisan_stack_frame *ret_frame);

/** Finds the frame that a slot (or its function's slot) lies in, and its caller, if any. */
bool ffisan_frame_find(const struct ffisan_vm *vm, const struct lj_thread *thread,
                       const uint64_t *slot, struct ffisan_stack_frame *ret_frame,
                       struct ffisan_stack_frame *ret_caller, bool *ret_has_caller);

/** The function that a coroutine runs or will run, or NULL. */
const struct lj_func *ffisan_frame_body(const struct lj_thread *thread);

#endif
