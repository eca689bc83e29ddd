/* SPDX-License-Identifier: MIT */
/**
 * Leaks: blocks of the C heap that Lua code asked for and that nothing leads to any more, neither
 * from Lua nor from C.  A mark phase from all writable memory of the process: what is reachable
 * only through lost blocks is lost with them and not reported of its own.
 */
#ifndef FFISAN_CMEM_LEAKS_H
#define FFISAN_CMEM_LEAKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ffisan_state;

/** When searches happen, and what was found so far.  One for the process. */
struct ffisan_leaks_stats {
    uint64_t n_searches, n_words, n_leaks, leaked_bytes;
};

/**
 * After a cycle: searches if there are C blocks that may be lost and the budget allows it;
 * always when `is_last`.  Before the dead of the cycle are released: those that led to the lost
 * blocks are named.
 * Context: the thread of the state, inside its allocator or a finalizer.
 */
void ffisan_leaks_after_cycle(struct ffisan_state *state, bool is_last);

/** The program has ended, its last collection has not begun: what its main function had. */
void ffisan_leaks_ending(struct ffisan_state *state);

/** Part of it: what C memory leads to.  Caller holds ffisan_runtime.lock. */
void ffisan_leaks_note_kept(struct ffisan_state *state);

/** Variables of a library, which may go. */
struct ffisan_leaks_range {
    uintptr_t from, to;
};

/**
 * A library may be about to be unloaded.  What only it leads to is its own: if it does not free
 * that, the program could not, and has not leaked it.  Followed by ffisan_leaks_library_went.
 */
void ffisan_leaks_library_goes(const struct ffisan_leaks_range *ranges, unsigned n);
void ffisan_leaks_library_went(bool is_gone);

/**
 * The program hands this to the kernel: an address in it may come back from a pipe.  The memory may
 * be unreadable.  Context: any thread.
 */
void ffisan_leaks_note_given(const void *data, size_t size);

struct ffisan_leaks_stats ffisan_leaks_stats(void);

/**
 * Tells of all words in memory of C, or in that of the state, that lie in [low, low + size), when
 * the state ends.  What the main function had counts as the state's.
 * Context: ffisan_runtime.lock is held.
 */
enum ffisan_leaks_where { FFISAN_LEAKS_IN_C, FFISAN_LEAKS_IN_LUA };
bool ffisan_leaks_find_addresses(struct ffisan_state *state, enum ffisan_leaks_where where,
                                 uintptr_t low, size_t size,
                                 void (*found)(void *context, uintptr_t address), void *context);

#endif
