/* SPDX-License-Identifier: MIT */
/**
 * Where C memory was allocated or freed: the C functions down to LuaJIT, and the Lua stack below
 * them.  Each is stored once and has a number that fits into a slot's books.
 *
 * A place is recognised by its return address, its stack pointer and the Lua instruction that
 * runs: unwinding is for places that are new.  Where C recurses deeply, the stack pointer is left
 * out, and with it the frames between.
 * Context: the thread that runs the state; ffisan_ctraces_get any, also a signal handler.
 */
#ifndef FFISAN_CMEM_CTRACES_H
#define FFISAN_CMEM_CTRACES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ffisan_state;

#define FFISAN_CTRACE_PCS 8

struct ffisan_ctrace {
    uintptr_t pcs[FFISAN_CTRACE_PCS]; /**< innermost first */
    uint32_t n_pcs;
    uint32_t lua_stack;               /**< of the state's store; 0 = no Lua code ran */
    const struct ffisan_state *state; /**< of the stack; NULL when it has ended */
    uint32_t n_lost;                  /**< leaks */
    uint32_t n_listed;                /**< of them, in the list of what was lost in all */
    uint64_t lost_bytes;
};

/** Takes the memory that is needed; false without it.  Caller holds ffisan_runtime.lock. */
bool ffisan_ctraces_start(void);

/** The trace of a number, or NULL. */
const struct ffisan_ctrace *ffisan_ctraces_get(uint32_t number);

/** A block from there was lost.  Caller holds ffisan_runtime.lock. */
void ffisan_ctraces_add_lost(uint32_t number, size_t size);

/** All that were lost from there have been listed.  Caller holds ffisan_runtime.lock. */
void ffisan_ctraces_listed(uint32_t number);

/** Numbers are from 1 to less than this; 0 = nothing was started. */
uint32_t ffisan_ctraces_end(void);

/** Around fork: no thread is inside.  False when this thread is. */
bool ffisan_ctraces_lock(void);
void ffisan_ctraces_unlock(void);

/** Code has died, or stacks were renewed: what was recognised by its address is found out anew. */
void ffisan_ctraces_forget_code(void);

/** The state's store of stacks begins anew, or it ends: its numbers mean nothing any more. */
void ffisan_ctraces_forget_stacks(const struct ffisan_state *state);

#endif
