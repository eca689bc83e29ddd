/* SPDX-License-Identifier: MIT */
/**
 * Which stack slots of a Lua function can still be read?
 *
 * LuaJIT's collector marks every slot of a frame, also temporaries whose value nobody will read
 * again, and so keeps objects alive that the program cannot reach: a full collection misses them.
 * Before a forced collection those slots are cleared.
 *
 * A slot is dead at a bytecode when (a) no local variable that is in scope there lives in it, (b)
 * no path from there reads it before writing it, and (c) no open upvalue leads to it ((c) is up to
 * the caller).  Functions without debug information have no dead slots: scopes are unknown there.
 * Reads bytecode only (lj_bc.h; the opcode numbering is verified at start, see below).
 *
 * What a caller must leave alone besides: slots at and above proto->framesize (results of a call or
 * of `...` on their way to the next instruction may lie there), the frame of code that the JIT
 * compiler made and that is running now (its bytecode position is unknown), anything below a
 * frame's base, and frames of C functions.
 */
#ifndef FFISAN_VM_LIVENESS_H
#define FFISAN_VM_LIVENESS_H

#include "runtime/vm/layout.h"

#define FFISAN_LIVENESS_MAX_SLOTS 256

/** One bit per slot; set = live, must not be touched. */
struct ffisan_live_slots {
    uint64_t bits[FFISAN_LIVENESS_MAX_SLOTS / 64];
};

/** Where execution stands. */
struct ffisan_liveness_point {
    const struct lj_proto *proto;
    uint32_t pc;    /**< bytecode index */
    bool has_begun; /**< the instruction may be half done (a call); else it is the next */
};

/**
 * Fills in the slots that must be kept when execution stands at `point`: before the instruction,
 * and when it has begun also after it.  At a call that has begun all slots from the called function
 * on are kept: they belong to the callee's frame.  Slots from framesize on are always set.
 * `vm` may be NULL; with it, instructions that the JIT compiler replaced are looked up in their
 * traces, without it a function with a compiled while loop has fewer dead slots.
 * Returns false when nothing can be said (no debug info, pc 0, unknown opcode): keep all.
 * No allocation; scratch memory of the caller: `scratch` (8-byte aligned) with scratch_size bytes
 * (32 per bytecode are enough; returns false when it is too small).
 * Costs one pass over the function's bytecode, and a few more when it has loops: 20 to 60 ns per
 * bytecode.  The answer for a point never changes (but may grow by what the JIT compiler hides).
 */
bool ffisan_liveness_at(const struct ffisan_vm *vm, const struct ffisan_liveness_point *point,
                        void *scratch, size_t scratch_size, struct ffisan_live_slots *ret_live);

/** ffisan_liveness_at without a VM, for an instruction that has begun. */
bool ffisan_liveness(const struct lj_proto *proto, uint32_t pc, void *scratch, size_t scratch_size,
                     struct ffisan_live_slots *ret_live);

static inline bool ffisan_liveness_is_live(const struct ffisan_live_slots *live, uint32_t slot)
{
    return slot >= FFISAN_LIVENESS_MAX_SLOTS || (live->bits[slot / 64] >> (slot % 64) & 1);
}

/** Lua source; its compiled main function is what ffisan_liveness_verify wants.  Never run it. */
extern const char ffisan_liveness_probe[];

/**
 * Is the bytecode numbered as we believe?  `proto`: ffisan_liveness_probe compiled by the LuaJIT in
 * question.  When false, no answer of ffisan_liveness may be used.
 */
bool ffisan_liveness_verify(const struct lj_proto *proto);

#endif
