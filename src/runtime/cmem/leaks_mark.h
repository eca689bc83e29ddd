/* SPDX-License-Identifier: MIT */
/** The mark phase of leaks.h.  Context: as there; the C heap is locked. */
#ifndef FFISAN_CMEM_LEAKS_MARK_H
#define FFISAN_CMEM_LEAKS_MARK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ffisan_others;
struct ffisan_state;
struct ffisan_leaks_range;
struct ffisan_reach;

#define FFISAN_LEAKS_AT_ONCE 64u /* more are found by the next search */

/** A lost block. */
struct ffisan_leak {
    uintptr_t block;
    size_t size;
    uint32_t made; /**< trace */
};

struct ffisan_leaks_mark {
    struct ffisan_state *state;
    bool is_tentative; /**< list nothing yet: other threads may have moved a pointer meanwhile */
    const struct ffisan_others *others; /**< they are stopped, or NULL */
    bool is_last;                       /**< the program has ended */
    bool is_first;                      /**< what stands on this thread's stack does not count */
    bool is_possible;                   /**< there was memory for the search */
    bool is_in_process; /**< what is being searched now: blocks in it are searched of their own */
    const struct ffisan_leaks_range *ranges; /**< of a library */
    unsigned n_ranges;
    bool is_complete; /**< all memory was searched */
    bool is_full;     /**< there were more blocks than had been counted: nothing is known */
    unsigned phase;   /**< words that lie so many bytes behind a multiple of 8 are searched */
    bool is_encoded;  /**< words of which a part is an address are searched */
    bool without_lua; /**< what the heaps of Lua lead to does not count */
    uint64_t n_words;
    const struct ffisan_reach *reach; /**< what does not count among the cdata, or NULL */
    uintptr_t low, size;              /**< of the C heap: a first look at a word */
    uintptr_t stack;                  /**< the stack below is not in use */
    uintptr_t lost_one;               /**< lost, what it leads to is being marked */
    uintptr_t *pending;               /**< blocks that are marked and were not searched yet */
    size_t n_pending, max_pending;
    void (*found)(void *context, uintptr_t address); /* addresses of something else: low, size */
    void *context;
    uint32_t n_suspects; /**< lost in the search before as well */
    uint32_t n_lost;
    struct ffisan_leak lost[FFISAN_LEAKS_AT_ONCE];
};

/** Takes what the search needs and unmarks all blocks. */
void ffisan_leaks_mark_begin(struct ffisan_leaks_mark *mark);

/** Marks what something leads to.  Reads all of the process' memory: run it under a guard. */
void ffisan_leaks_mark(struct ffisan_leaks_mark *mark);

/** Lists the blocks that were asked for by Lua code and are not marked. */
void ffisan_leaks_mark_lost(struct ffisan_leaks_mark *mark);

/**
 * The program has ended: what its main function still had in a variable is not lost, although the
 * function has returned.  Marks what dead objects in its frame lead to.
 */
void ffisan_leaks_mark_ending(struct ffisan_leaks_mark *mark);

/**
 * The program has ended, its libraries are still there: notes which blocks C memory leads to.  They
 * are not lost when a library that keeps them is unloaded.
 */
void ffisan_leaks_mark_kept(struct ffisan_leaks_mark *mark);

/** Notes which blocks these variables lead to.  Reads them: run it under a guard. */
void ffisan_leaks_mark_library(struct ffisan_leaks_mark *mark);

/** They are gone, or they are not. */
void ffisan_leaks_decide_library(bool is_gone);

/** Marks the block that an address leads into, and what it leads to. */
void ffisan_leaks_mark_word(struct ffisan_leaks_mark *mark, uintptr_t word);

/** Of a mark with `found`: tells of addresses in memory of C, or in that of the state. */
void ffisan_leaks_mark_addresses_in_c(struct ffisan_leaks_mark *mark);
void ffisan_leaks_mark_addresses_in_lua(struct ffisan_leaks_mark *mark);

void ffisan_leaks_mark_end(struct ffisan_leaks_mark *mark);

#endif
