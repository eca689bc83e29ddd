/* SPDX-License-Identifier: MIT */
/**
 * Which Lua functions code calls, found by looking the callee up again the way that the code did:
 * in locals, upvalues and tables, through metatables.
 * Internal to tailcall.h.  Reads raw memory of the VM.  Context: as luastack.h.
 */
#ifndef FFISAN_VM_TAILCALL_CALLEE_H
#define FFISAN_VM_TAILCALL_CALLEE_H

#include "runtime/vm/luastack.h"

struct ffisan_callee {
    uint64_t value;                 /**< as in its slot; UINT64_MAX = not known */
    const struct lj_func *function; /**< NULL: it was made for this call */
    const struct lj_proto *proto;   /**< NULL: it is no Lua function, or not known */
};

#define FFISAN_CALLEES_MAX 8
#define FFISAN_CALLEES_DEPEND_MAX 8

/** What may have been called. */
struct ffisan_callees {
    struct ffisan_callee list[FFISAN_CALLEES_MAX];
    size_t n;
    bool is_direct;                                  /**< the one on top was called as usual */
    uintptr_t depends_on[FFISAN_CALLEES_DEPEND_MAX]; /**< slots that decided */
    size_t n_depends_on;
};

/** Which functions the one that waits for the top may have called. */
void ffisan_callees_of_waiting(const struct ffisan_luatop *top, struct ffisan_callees *ret_callees);

/**
 * What the call at `pc` of a function calls.  `function` may be NULL; `base`: of its slots, 0 = its
 * frame is gone.
 */
struct ffisan_callee ffisan_callee_at(const struct lj_func *function, const struct lj_proto *proto,
                                      uint32_t pc, uintptr_t base);

/** What a slot holds where the instruction at `pc` runs; UINT64_MAX = not known. */
uint64_t ffisan_callee_value(const struct lj_func *function, const struct lj_proto *proto,
                             uint32_t pc, uint32_t slot, uintptr_t base);

/** Is it the cdata that was called, when the metamethod of such calls is on top? */
bool ffisan_callee_is_cdata_of(const struct ffisan_luatop *top, uint64_t value);

/** The position in the Lua function that waits for the top, or 0: the address behind its call. */
uint64_t ffisan_callee_waits_at(const struct ffisan_luatop *top);

#endif
