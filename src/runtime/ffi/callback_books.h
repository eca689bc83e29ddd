/* SPDX-License-Identifier: MIT */
/**
 * What callbacks.c keeps and callback_report.c tells; of no use to others.
 */
#ifndef FFISAN_FFI_CALLBACK_BOOKS_H
#define FFISAN_FFI_CALLBACK_BOOKS_H

#include "runtime/ffi/callback_entry.h"
#include "runtime/report/kept.h"
#include "runtime/state.h"

/** One slot of the VM. */
struct ffisan_callback_slot {
    uint32_t made, freed; /**< stacks; 0 = not known */
    uint16_t type;        /**< of the function */
    bool is_used;         /**< as far as we have seen */
    bool is_lost;         /**< an argument of a C function: the program has nothing to free */
    bool is_stored;       /**< it was that, or assigned, where it was made */
    bool is_told;         /**< a late call of it was reported */
};

/** What is left of a slot in use when its state is closed. */
struct ffisan_closed_slot {
    struct ffisan_stack made;
    const char *type;
    bool is_kept;
};

/** All of one state. */
struct ffisan_callbacks {
    struct ffisan_callback_door door; /**< linked with the first callback */
    struct ffisan_state *state;       /**< NULL: closed */
    uintptr_t page;                   /**< of machine code; 0 = none yet */
    bool is_linked;                   /**< the page's head leads to our entry */
    bool is_refused;                  /**< it cannot be made to */
    bool is_in_list;                  /**< the entry's, for ever: another state will get it */
    bool is_exhaustion_told;
    bool is_reach_known;                                 /**< `reached` holds */
    uint64_t reached[(FFISAN_CALLBACK_SLOTS + 63) / 64]; /**< something leads to these slots */
    uint32_t n_freed;                                    /**< bits in door.freed */
    int32_t n_findable; /**< the VM finds at least so many free slots */
    uint32_t top;       /**< the VM's topid when we looked last */
    uint32_t entering;  /**< stack of the conversion that is under way */
    bool is_argument;   /**< it is that of an argument of a C function */
    bool is_assigned;   /**< it is that of a value that is assigned */
    uint32_t n_used;
    struct ffisan_callback_slot slots[FFISAN_CALLBACK_SLOTS];
    struct ffisan_closed_slot closed[FFISAN_CALLBACK_SLOTS];
    uint32_t n_closed;       /**< slots that were in use when the state was closed */
    struct ffisan_kept kept; /**< of those */
    struct ffisan_callbacks *next_closed;
};

/** The VM's words, re-read at each use: the table of types moves. */
struct ffisan_callback_words {
    uint16_t *cbid;
    uint32_t *sizeid, *topid;
    uintptr_t page;
};

/** False before `require "ffi"`, or where the words were not found. */
bool ffisan_callback_words(const struct ffisan_state *state, struct ffisan_callback_words *ret);

/** Fresh books, or used ones of a state that is closed.  NULL without memory. */
struct ffisan_callbacks *ffisan_callback_books_new(struct ffisan_state *state);

/** The books of a closed state that had callbacks at an address, or NULL.  Locked. */
struct ffisan_callbacks *ffisan_callbacks_find_closed(uintptr_t address);

/** A slot in use whose place has made most of them, and how many that is. */
uint32_t ffisan_callback_most_frequent(const struct ffisan_callbacks *callbacks, uint32_t *ret_n);

/** `n_lost` callbacks of the place that made this one are lost.  Caller holds the lock. */
void ffisan_callback_report_lost(struct ffisan_callbacks *callbacks, uint32_t slot,
                                 uint32_t n_lost);

/**
 * `n_wanted` more slots are wanted: reports, once, that there are not as many, or that one place
 * has taken half of all and can never free them.  Context: as callbacks.h; takes the lock.
 */
void ffisan_callback_report_exhaustion(struct ffisan_callbacks *callbacks, uint32_t n_wanted);

#endif
