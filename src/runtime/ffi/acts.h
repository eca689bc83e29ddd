/* SPDX-License-Identifier: MIT */
/**
 * What the interpreter did last to memory through the ffi library: raw notes, as they cost
 * something at each call.  What they mean is found out when somebody asks, which is seldom.
 * Context: the thread of the state.
 */
#ifndef FFISAN_FFI_ACTS_H
#define FFISAN_FFI_ACTS_H

#include "runtime/ffi/builtins.h"
#include "runtime/vm/layout.h"

#define FFISAN_ACTS 128
#define FFISAN_ACT_CALLERS 3
#define FFISAN_ACT_GIVEN 4

/** A cdata among the arguments, as it was. */
struct ffisan_act_given {
    uintptr_t payload;
    uint64_t word; /**< the first of it: where it leads when it is a pointer */
    uint16_t ctypeid;
    uint8_t position; /**< among the arguments */
};

/** A place on a Lua stack: a function that waits for what it called. */
struct ffisan_act_caller {
    uint64_t link; /**< where it goes on; 0 = not known */
    uint32_t base; /**< of its frame, from the start of the stack, in bytes */
};

struct ffisan_act {
    const lua_State *L;
    uint64_t function;                                    /**< of callers[0], as in its slot */
    struct ffisan_act_caller callers[FFISAN_ACT_CALLERS]; /**< who did it, its caller, ... */
    uintptr_t callee;     /**< CDATA_CALL: address of the C function */
    uint64_t keys[2];     /**< of a member or element: the first, and the last of a series */
    uint16_t callee_type; /**< CDATA_CALL */
    uint8_t builtin;      /**< enum ffisan_builtin */
    uint8_t n_given;
    struct ffisan_act_given given[FFISAN_ACT_GIVEN];
};

struct ffisan_acts {
    uint32_t n; /**< noted so far; the newest is ring[(n - 1) % FFISAN_ACTS] */
    struct ffisan_act ring[FFISAN_ACTS];
};

/** The builtin function on top of the stack is about to do something. */
const struct ffisan_act *ffisan_acts_note(struct ffisan_acts *acts, const lua_State *L,
                                          enum ffisan_builtin builtin);

/** The address that an argument stands for: of the object, or where it leads; 0 = none. */
uintptr_t ffisan_act_address(const struct ffisan_vm *vm, const struct ffisan_act_given *given);

/** What an act does to memory that it was given, by declaration. */
enum ffisan_act_effect { FFISAN_ACT_NOTHING, FFISAN_ACT_READS, FFISAN_ACT_WRITES };

enum ffisan_act_effect ffisan_act_effect(const struct ffisan_vm *vm, const struct ffisan_act *act,
                                         const struct ffisan_act_given *given);

/** Does it do that to the memory at an address, which an argument leads to the start of? */
bool ffisan_act_does(const struct ffisan_vm *vm, const struct ffisan_act *act,
                     enum ffisan_act_effect effect, uintptr_t address);

/** The newest act but the first `skip` ones, or NULL. */
static inline const struct ffisan_act *ffisan_acts_newest(const struct ffisan_acts *acts,
                                                          uint32_t skip)
{
    return skip < acts->n && skip < FFISAN_ACTS ? &acts->ring[(acts->n - 1 - skip) % FFISAN_ACTS]
                                                : NULL;
}

#endif
