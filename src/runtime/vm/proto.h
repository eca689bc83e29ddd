/* SPDX-License-Identifier: MIT */
/**
 * Functions of Lua: chunk name, line of a bytecode, names of locals and upvalues.
 * Reads raw memory of the VM (formats: lj_debug.c, lj_bc.h).  Context: any on the state's thread.
 */
#ifndef FFISAN_VM_PROTO_H
#define FFISAN_VM_PROTO_H

#include "base/text.h"
#include "runtime/vm/object.h"

/** Index of a bytecode address in its function, or UINT32_MAX when it lies outside. */
uint32_t ffisan_proto_pc(const struct lj_proto *proto, uintptr_t bytecode);

/** Source line of bytecode `pc` (0 = function header); 0 = unknown (stripped). */
int ffisan_proto_line(const struct lj_proto *proto, uint32_t pc);

/** Appends the chunk name without '@' or '='; a string chunk becomes [string "first line..."]. */
void ffisan_proto_chunkname(const struct lj_proto *proto, struct ffisan_text *out);

/** Name of the local in `slot` that is in scope at `pc`, or NULL. Points into the VM's memory. */
const char *ffisan_proto_local(const struct lj_proto *proto, uint32_t pc, uint32_t slot);

/** Name of upvalue `index`, or NULL. Points into the VM's memory. */
const char *ffisan_proto_upvalue(const struct lj_proto *proto, uint32_t index);

#endif
