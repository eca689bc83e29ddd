/* SPDX-License-Identifier: MIT */
/**
 * The name that the calling code uses for a function: what debug.getinfo(level, "n") says.
 * Reads bytecode of the caller (lj_debug_funcname, lj_debug_slotname of lj_debug.c).
 */
#ifndef FFISAN_VM_FUNCNAME_H
#define FFISAN_VM_FUNCNAME_H

#include "base/text.h"
#include "runtime/vm/object.h"

/**
 * Name of the function that the instruction at bytecode address `pc` of `caller` calls: local,
 * upvalue, global, field or method; NULL when the code does not say.  Points into the VM's memory.
 */
const char *ffisan_funcname(const struct lj_proto *caller, uintptr_t pc);

/** The same with what it was taken from, as it stands in the code: "ffi.string".  False: none. */
bool ffisan_funcname_add(const struct lj_proto *caller, uintptr_t pc, struct ffisan_text *out);

#endif
