/* SPDX-License-Identifier: MIT */
/**
 * Which stack slots of a Lua function can still be read?
 *
 * LuaJIT's collector marks every slot of a frame, also temporaries whose value nobody will read
 * again, and so keeps objects alive that the program cannot reach: a full collection misses them.
 * Before a forced collection those slots are cleared.
 *
 * A slot is dead at a bytecode when (a) no local variable that is in scope there lives in it, (b) no
 * path from there reads it before writing it, and (c) no open upvalue leads to it ((c) is up to the
 * caller).  Functions without debug information have no dead slots: scopes are unknown there.
 * Reads bytecode only (lj_bc.h; the opcode numbering is verified at start, see below).
 */
#ifndef FFISAN_VM_LIVENESS_H
#define FFISAN_VM_LIVENESS_H

#include "runtime/vm/layout.h"

#define FFISAN_LIVENESS_MAX_SLOTS 256

/** One bit per slot; set = live, must not be touched. */
struct ffisan_live_slots {
    uint64_t bits[FFISAN_LIVENESS_MAX_SLOTS / 64];
};

/**
 * Fills in the slots that must be kept when execution stands at bytecode `pc` of `proto`: both
 * before and after that instruction (it may be half done: a call, a concatenation).
 * Returns false when nothing can be said (no debug info, unknown opcode, too large): keep all.
 * No allocation; scratch memory of the caller: `scratch` with scratch_size bytes (64 per bytecode
 * are enough; returns false when it is too small).
 */
bool ffisan_liveness(const struct lj_proto *proto, uint32_t pc, void *scratch, size_t scratch_size,
                     struct ffisan_live_slots *ret_live);

#endif
