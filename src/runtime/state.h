/* SPDX-License-Identifier: MIT */
/**
 * Everything we know of one watched LuaJIT state, and the little that the states share.
 *
 * A `struct ffisan_state` is touched by the thread that runs its Lua code; a fault handler on
 * another thread reads it.  The list of states is guarded by ffisan_runtime.lock.
 */
#ifndef FFISAN_RUNTIME_STATE_H
#define FFISAN_RUNTIME_STATE_H

#include "base/lock.h"
#include "runtime/heap/heap.h"
#include "runtime/cycle/lines.h"
#include "runtime/ffi/builtins.h"
#include "runtime/origin.h"
#include "runtime/report/stacks.h"
#include "runtime/vm/api.h"
#include "runtime/vm/ctype.h"
#include "runtime/vm/layout.h"
#include "runtime/vm/liveness.h"
#include "wire/options.h"

#include <pthread.h>

#define FFISAN_MAX_CTYPES 65536
#define FFISAN_DEAD_MIN_BYTES (1u << 20)
#define FFISAN_SCRATCH_BYTES (1u << 20)
#define FFISAN_LIVE_MEMOS 512

/** Slots that are live at a position in the bytecode; forgotten when code dies. */
struct ffisan_live_memo {
    uintptr_t bytecode;
    struct ffisan_live_slots live;
};

/** When full cycles are forced (cycle/schedule.c). */
struct ffisan_schedule {
    enum ffisan_gc gc;
    bool is_forcing;      /**< a cycle was asked for and has not ended yet */
    bool again;           /**< the one under way started too early: ask for another */
    uint32_t old_stepmul; /**< to be restored when the forced cycle has ended */
    int64_t credit_bytes; /**< heap bytes that forced cycles may still walk over */
    uint64_t n_forced;
    uint64_t forced_in_line; /**< ffisan_lines_count when the last one was asked for */
};

/** Counters of `--stats`. */
struct ffisan_audit_stats {
    uint64_t n_audits, n_holders, n_words, n_dangling, n_evidence, ns;
    uint64_t n_followed;                              /**< words that led into the heap */
    uint64_t cost;                                    /**< of the last audit, in allocations */
    uint64_t at_allocs;                               /**< allocations before it */
    uint64_t n_c_searches, c_bytes, c_followed, c_ns; /**< the part in memory of C */
    uint32_t last_c_search;                           /**< number of the audit that did the last */
    uint32_t last_between;    /**< the last one that looked at words between aligned ones as well */
    bool died_since_c_search; /**< something that C can have the address of */
};

/** A fresh block that the VM has not linked into its lists yet. */
struct ffisan_pending {
    struct ffisan_slot_ref ref; /**< ref.block 0 = none */
    size_t size;
    struct ffisan_origin_memo *memo; /**< learns the type, may be NULL */
};

/** How often an instruction allocated something that needs no stack. */
struct ffisan_site_visits {
    uint64_t pc;
    uint32_t visits;
};
#define FFISAN_SITES 16384
#define FFISAN_STRING_MAKERS 4

struct ffisan_state {
    struct ffisan_heap heap;
    struct ffisan_vm vm;
    struct ffisan_pending pending;
    const int32_t *vmstate;      /**< of the VM; unknown: never > 0, and blocks have no stacks */
    uint64_t dead_limit;         /**< more dead bytes than that: an audit may come early */
    const uint64_t *total_bytes; /**< that the VM has in use (gc.total); set by attach */
    const uint64_t *newest;      /**< the VM's newest object (gc.root) */
    struct ffisan_stacks *stacks;
    struct ffisan_schedule schedule;
    struct ffisan_lines lines;
    const struct ffisan_api *api;
    struct ffisan_builtins builtins;
    struct ffisan_running_call running_call;
    struct ffisan_callbacks *callbacks; /**< NULL until one is made (ffi/callbacks.h) */
    struct ffisan_results *results;     /**< NULL until there is one (ffi/results.h) */
    struct ffisan_writers *writers;     /**< NULL until one is noted (report/writers.h) */
    struct ffisan_stores *stores;       /**< NULL until one is noted (report/stores.h) */
    struct ffisan_moments *moments;     /**< NULL until there is a finalizer (ffi/moments.h) */
    lua_State *L;                       /**< main thread */
    lua_Alloc old_allocf;               /**< for blocks from before we took over, or NULL */
    void *old_ud;
    lua_Alloc twin_allocf; /**< the program's own allocator (mirror.h), or NULL */
    void *twin_ud;
    lua_State *lender;            /**< its allocator is the old one (lender.c), or NULL */
    uint64_t n_lent;              /**< blocks that the old allocator had to give */
    struct lj_udata *sentinel;    /**< finalised at the end of each cycle (cycle.h); NULL = gone */
    uint32_t *external_functions; /**< the first instruction of C functions that are not the VM's */
    uint32_t external_instruction; /**< what belongs there, while it is something else; or 0 */
    unsigned cycle;                /**< cycles that have ended */
    uint8_t cycle_white;           /**< the collector's colour after the last one */
    uint32_t cycle_stack;          /**< where the last one ended */
    uint32_t finalizers_seen; /**< size of their table when it was looked at (cmem/captured.c) */
    uint64_t n_reentries;     /**< calls of finalizers into a library that waited (ffi/reentry.h) */
    bool code_died;           /**< a function or trace died since the last audit */
    bool is_ending;           /**< the last collection is under way, or was */
    bool is_closing;
    uintptr_t string_makers[FFISAN_STRING_MAKERS]; /**< code of the VM that makes strings only */
    pthread_t thread;                              /**< that ran it when its last cycle ended */
    struct ffisan_audit_stats audit;
    struct ffisan_ctype_map *maps; /**< by ctype id; FFISAN_MAX_CTYPES of them */
    uint8_t *maps_known;
    void *scratch; /**< FFISAN_SCRATCH_BYTES, for vm/liveness.h */
    struct ffisan_live_memo live_memos[FFISAN_LIVE_MEMOS];
    struct ffisan_origin_memo memos[FFISAN_ORIGIN_MEMOS];
    struct ffisan_site_visits sites[FFISAN_SITES];
    struct ffisan_site_visits visited_lines[FFISAN_SITES];
    struct ffisan_state *next;
};

/** What the states of a process share. */
struct ffisan_runtime {
    struct ffisan_lock lock;
    struct ffisan_options options;
    struct ffisan_state *states; /**< guarded by lock */
    const char *run_dir;         /**< FFISAN_RUN_DIR, or NULL */
};
extern __attribute__((visibility("hidden"))) struct ffisan_runtime ffisan_runtime;

/**
 * Makes the books for a state to be: its heap can serve a lua_newstate.  NULL without memory.
 * `ffisan_state_attach` follows once the lua_State exists.
 */
struct ffisan_state *ffisan_state_new(const struct ffisan_api *api,
                                      const struct ffisan_layout *layout);

/** The state runs now: starts to watch its cycles. */
void ffisan_state_attach(struct ffisan_state *state, lua_State *L);

/** The lua_State is gone: gives everything back. */
void ffisan_state_free(struct ffisan_state *state);

/** The watched state of a lua_State (any of its threads), or NULL. */
struct ffisan_state *ffisan_state_find(const lua_State *L);

/** The watched state whose heap holds an address, or NULL.  Context: also a signal handler. */
struct ffisan_state *ffisan_state_owning(uintptr_t address);

/** The lua_Alloc of watched states; ud is the struct ffisan_state. */
void *ffisan_state_allocf(void *ud, void *block, size_t old_size, size_t new_size);

/** The same for a caller whose own return address and frame are not what matters. */
void *ffisan_state_serve(struct ffisan_state *state, void *block, size_t old_size, size_t new_size,
                         uintptr_t helper, uintptr_t cfa);

/** Where addresses can lie in a cdata of that type. */
static inline const struct ffisan_ctype_map *ffisan_state_ctype_map(struct ffisan_state *state,
                                                                    uint16_t ctypeid)
{
    if (__builtin_expect(!state->maps_known[ctypeid], 0)) {
        ffisan_ctype_map(&state->vm, ctypeid, &state->maps[ctypeid]);
        state->maps_known[ctypeid] = 1;
    }
    return &state->maps[ctypeid];
}

/** The block that was handed out last: finds out what the VM made of it. */
void ffisan_state_classify_pending(struct ffisan_state *state);

#endif
