/* SPDX-License-Identifier: MIT */
/**
 * Where code keeps what one of its instructions has made: follows the value, from the slot that it
 * is put in, to the first table, upvalue or return.
 * Reads raw memory of the VM.  Context: any; reports run it under a guard.
 */
#ifndef FFISAN_VM_PUTAWAY_H
#define FFISAN_VM_PUTAWAY_H

#include "runtime/vm/layout.h"

enum ffisan_putaway {
    FFISAN_PUTAWAY_NOWHERE, /**< it stays in locals, or nothing is known */
    FFISAN_PUTAWAY_STORED,
    FFISAN_PUTAWAY_RETURNED, /**< to the function that waits */
};

/**
 * What becomes of the first result of the instruction at `pc`; of several ways the shortest.  Sets
 * `*ret_pc` to the instruction that stores it.
 */
enum ffisan_putaway ffisan_putaway_find(const struct ffisan_vm *vm, const struct lj_proto *proto,
                                        uint32_t pc, uint32_t *ret_pc);

#endif
