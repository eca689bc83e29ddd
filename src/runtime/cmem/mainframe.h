/* SPDX-License-Identifier: MIT */
/**
 * What the main function of a program had in its variables when it returned.  The values still lie
 * on the stack, above the top.
 */
#ifndef FFISAN_CMEM_MAINFRAME_H
#define FFISAN_CMEM_MAINFRAME_H

#include "runtime/vm/object.h"

#define FFISAN_MAIN_FRAME_SLOTS 400u /**< of the stack that are searched for the function */

/**
 * The slots of the function that was called first, with its variables that are in scope where it
 * ends; 0 = not found.  What they hold may be dead.  Context: the thread of the state.
 */
size_t ffisan_main_frame(const struct lj_thread *thread, const uint64_t **ret_slots);

#endif
