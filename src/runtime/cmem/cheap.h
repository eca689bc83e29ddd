/* SPDX-License-Identifier: MIT */
/**
 * The C heap: what malloc and its relatives hand out on threads that run Lua.  Two heaps as the
 * VM's objects have one (heap/heap.h), shared by all threads:
 *
 * - *dense*, for nearly all blocks.  A freed block keeps its content until it has left the
 *   quarantine, so a second free is recognised;
 * - *paged*, for the first blocks of each place that allocates: each has pages of its own, which
 *   become inaccessible when it is freed, so its next use faults.  No pointer is changed, a
 *   program may go on to compare it or use it as a key.
 *
 * With --malloc=ledger the program's own malloc takes the place of the dense heap, and the ledger
 * (ledger.h) knows its blocks.
 *
 * What the kernel or our limits do not give comes from the program's own malloc, unwatched.
 * Context: any thread; not reentered by a signal handler (it is then answered as if not ours).
 */
#ifndef FFISAN_CMEM_CHEAP_H
#define FFISAN_CMEM_CHEAP_H

#include "runtime/cmem/ledger_index.h"
#include "runtime/heap/heap.h"

struct ffisan_state;

/** Functions that free. */
enum ffisan_cfree_function { FFISAN_CFREE_FREE, FFISAN_CFREE_REALLOC, FFISAN_CFREE_REALLOCARRAY };

/** What we know of a C block beyond its slot: written when it is freed, and as it was then until
    the next block in that place is. */
struct ffisan_cnote {
    uint32_t freed;           /**< trace of the free (ctraces.h) */
    uint32_t finalizer_made;  /**< freed by a finalizer: stack of its cdata */
    uint16_t finalizer_ctype; /**< 0 = freed by hand; else of the cdata, or as below; while it is in
                                   use and `freed` is 0, of a cdata that led there and has died */
#define FFISAN_FINALIZER_OF_USERDATA UINT16_MAX
    uint16_t machine_trace;        /**< freed while this compiled code of LuaJIT ran; 0 = none */
    uint8_t function;              /**< enum ffisan_cfree_function */
    uint8_t is_marked : 2;         /**< something leads to it (leaks_mark.c) */
    uint8_t is_reported : 1;       /**< as a leak, or as used after it was freed */
    uint8_t is_suspect : 1;        /**< nothing led to it in the last search */
    uint8_t is_kept : 1;           /**< C memory led to it when the program ended */
    uint8_t may_be_of_library : 1; /**< a library led to it that is being unloaded */
    uint8_t is_of_library : 1;     /**< and that is gone */
    uint8_t is_open : 1;           /**< freed, its pages closed and opened again */
    uint8_t is_given;              /**< its address was written to a pipe, or to another queue */
    uint8_t is_hidden;             /**< nothing led to it, but its address was made a number */
};

enum ffisan_cheap_answer {
    FFISAN_CHEAP_DONE,
    FFISAN_CHEAP_FOREIGN,  /**< no block of this heap */
    FFISAN_CHEAP_DEAD,     /**< freed before: `ref` tells which */
    FFISAN_CHEAP_INTERIOR, /**< leads into a block, or closely before it, not to its start */
    FFISAN_CHEAP_BUSY,     /**< asked from inside of itself, or by a handler: give up */
};

/**
 * Takes its address space.  `source`: the allocator whose blocks are listed; NULL = none are.
 * Context: the first state has just been made; idempotent.
 */
struct ffisan_ledger_source;
void ffisan_cheap_start(const struct ffisan_ledger_source *source);

/**
 * Hands out nothing any more: a library was loaded that will free with a function of its own.  What
 * is in use can still be freed.  Context: any thread.
 */
void ffisan_cheap_stop(void);

/**
 * A block for a thread that runs `state`, or NULL.  `pc`, `sp`: see ffisan_ctraces_here.
 * `ret_place` becomes the number of the place when the block is to be had from the program's own
 * allocator and listed, else 0.
 */
void *ffisan_cheap_alloc(struct ffisan_state *state, size_t size, size_t alignment, uintptr_t pc,
                         uintptr_t sp, uint32_t *ret_place);

/** Can an address lead into memory of any heap, or to a listed block?  Quick.  Context: any. */
static inline bool ffisan_cheap_may_have(uintptr_t address)
{
    return ffisan_region_find(address) || ffisan_ledger_index_may_have(address);
}

/** Frees a block.  `ret_ref` is filled unless the answer is FOREIGN or BUSY. */
enum ffisan_cheap_answer ffisan_cheap_free(struct ffisan_state *state, void *block,
                                           enum ffisan_cfree_function function, uintptr_t pc,
                                           uintptr_t sp, struct ffisan_slot_ref *ret_ref);

/** Finds the slot of an address in this heap, in whatever state it is.  Context: any. */
bool ffisan_cheap_find(uintptr_t address, struct ffisan_slot_ref *ret_ref);

/** The same for a block that is live. */
bool ffisan_cheap_find_live(uintptr_t address, struct ffisan_slot_ref *ret_ref);

/** Checks the bytes behind a live block; damage is queued.  True when they were intact. */
bool ffisan_cheap_check(const struct ffisan_slot_ref *ref);

/** The same for all live blocks, and for listed ones that rest after they were freed. */
void ffisan_cheap_check_all(void);

/** Takes what was found overwritten, by this or when a block was freed; returns how many. */
unsigned ffisan_cheap_take_damage(struct ffisan_damage *damage, unsigned max);

/** Blocks handed out so far. */
uint64_t ffisan_cheap_n_allocs(void);

/** Is any block in use? */
bool ffisan_cheap_has_live(void);

/** The size of a live block changes where it is, if that can be. */
bool ffisan_cheap_resize(const struct ffisan_slot_ref *ref, size_t size);

/** Makes a fresh large block zero without touching what is untouched. */
void *ffisan_cheap_clear(void *block, size_t size);

/** Writes down that a block is freed there. */
void ffisan_cheap_note_free(const struct ffisan_state *state, const struct ffisan_slot_ref *ref,
                            enum ffisan_cfree_function function, uint32_t trace);

/** The note of a slot; NULL without memory. */
struct ffisan_cnote *ffisan_cheap_note(const struct ffisan_slot_ref *ref);

/** A freed block on pages of its own: makes it accessible again, content intact. Context: any. */
bool ffisan_cheap_reopen(const struct ffisan_slot_ref *ref);
bool ffisan_cheap_is_paged(const struct ffisan_slot_ref *ref);

/** Calls `visit` for every live block.  The heap must not change meanwhile: see _lock. */
void ffisan_cheap_each_live(void (*visit)(void *context, const struct ffisan_slot_ref *ref),
                            void *context);

/** Keeps other threads out.  False when this thread is inside already. */
bool ffisan_cheap_lock(void);
void ffisan_cheap_unlock(void);

/** [low, high) of everything, for a first look at an address; 0, 0 = empty. */
void ffisan_cheap_bounds(uintptr_t *ret_low, uintptr_t *ret_high);

struct ffisan_heap_stats ffisan_cheap_stats(void);

#endif
