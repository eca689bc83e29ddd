/* SPDX-License-Identifier: MIT */
/**
 * Stand-ins: inaccessible addresses that take the place of dead blocks.  A raw pointer into a dead
 * block is re-aimed to the same offset of the block's stand-in; whoever uses it faults.  All lie in
 * one reserved range, so "is it ours?" is one comparison.
 *
 * Making and forgetting: guarded by ffisan_runtime.lock.  Finding and opening: any context.
 */
#ifndef FFISAN_AUDIT_STANDIN_H
#define FFISAN_AUDIT_STANDIN_H

#include "runtime/heap/heap.h"
#include "wire/finding.h"

struct ffisan_state;

/** A place that a pointer was found in. */
struct ffisan_holder {
    uintptr_t block;  /**< slot of the cdata, userdata or memory of malloc; C variable: the word */
    uintptr_t header; /**< object header of the cdata or userdata */
    uintptr_t payload;
    uint32_t ctypeid; /**< cdata */
    uint32_t size;    /**< of the payload */
    uint32_t offset;  /**< of the pointer in the payload */
    uint32_t made;    /**< stack of its creation */
    enum ffisan_holder_kind kind;
    bool is_disguise; /**< its integers may be pointers */
};
#define FFISAN_STANDIN_HOLDERS 3
#define FFISAN_STANDIN_HEAD 128u

struct ffisan_standin {
    uintptr_t base;             /**< address that stands for the first byte of the slot */
    uintptr_t block;            /**< the dead block's slot */
    size_t size;                /**< bytes that were asked for */
    size_t extent;              /**< bytes of the slot: what the stand-in covers */
    struct ffisan_state *state; /**< NULL after the state was closed */
    struct ffisan_holder holders[FFISAN_STANDIN_HOLDERS];
    uint32_t n_holders; /**< found in all */
    uint32_t made;      /**< stack of the block's creation */
    uint32_t cycle;     /**< that collected it */
    uint32_t cycle_stack;
    uint32_t first_seen; /**< audit that made it */
    uint32_t seen;       /**< last audit that met a pointer to it */
    uint32_t seen_in_c;  /**< last audit that met one in memory of C */
    uint8_t seen_in;     /**< where an audit met the last one: enum ffisan_holder_kind */
    uint32_t next;       /**< of the same list: live ones, or released ones that wait for reuse */
    uint64_t sum;        /**< of the block's content when it was first evidence; 0 = not taken */
    uint32_t content;    /**< offset of what C can write; before it is what the VM writes */
    uint8_t type;        /**< as in struct ffisan_slot */
    bool is_open;        /**< used: readable and writable now */
    bool is_released;    /**< no pointer was found any more; the block may be gone */
    /** Released: how the block began.  Its address may come back from where no audit looks. */
    uint8_t head[FFISAN_STANDIN_HEAD] __attribute__((aligned(16)));
};

/** [lo, hi) of all stand-ins; 0, 0 until the first is made.  Read without lock. */
struct ffisan_standin_range {
    uintptr_t lo, hi;
    uintptr_t used; /**< there are none from here on */
    bool is_alone;  /**< no other memory is near (heap/scan.h) */
};
extern __attribute__((visibility("hidden"))) struct ffisan_standin_range ffisan_standin_range;

static inline bool ffisan_standin_covers(uintptr_t address)
{
    return address - ffisan_standin_range.lo < ffisan_standin_range.hi - ffisan_standin_range.lo;
}

/**
 * FFISAN_REGION_SIZE bytes beside the stand-ins, readable and writable, that the door watches as
 * well; given away once.  0 = not to be had.  Caller holds ffisan_runtime.lock.
 */
uintptr_t ffisan_standins_beside(void);

/** The stand-in of a dead block, made when it has none.  NULL without memory or address space. */
struct ffisan_standin *ffisan_standin_for(struct ffisan_state *state,
                                          const struct ffisan_slot_ref *ref);

/** The stand-in at an address, or NULL. */
struct ffisan_standin *ffisan_standin_find(uintptr_t address);

/** Makes it accessible, with the content of the dead block.  Any context. */
bool ffisan_standin_open(struct ffisan_standin *standin);

/**
 * After audit number `audit` of the state: stand-ins that no pointer was found to any more give
 * their block back.  Their address stays reserved.
 */
void ffisan_standins_release(struct ffisan_state *state, uint32_t audit);

/**
 * Audit number `audit` does not search memory of C: what the one with number `last` met there is
 * still needed.
 */
void ffisan_standins_keep(const struct ffisan_state *state, uint32_t last, uint32_t audit);

/** Calls `visit` for the stand-ins of a state that this audit made. */
void ffisan_standins_each_new(struct ffisan_state *state, uint32_t audit,
                              void (*visit)(const struct ffisan_standin *standin));

/**
 * An address that cannot be re-aimed leads to its block: whoever writes there, `content` bytes
 * behind its start or further, will be noticed.
 */
void ffisan_standin_watch(struct ffisan_standin *standin, size_t content);

/** Calls `visit` once for each whose block was written since. */
void ffisan_standins_each_written(const struct ffisan_state *state,
                                  void (*visit)(const struct ffisan_standin *standin));

/** The state is closed: its blocks are gone.  Caller holds ffisan_runtime.lock. */
void ffisan_standins_forget(struct ffisan_state *state);

/** The store of stacks of a state begins anew: the old numbers mean nothing any more. */
void ffisan_standins_forget_stacks(const struct ffisan_state *state);

#endif
