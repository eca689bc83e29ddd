/* SPDX-License-Identifier: MIT */
/** Forks: a child must not inherit a lock of ours that a thread holds which it does not have. */
#ifndef FFISAN_ENTRY_FORKS_H
#define FFISAN_ENTRY_FORKS_H

/**
 * Registers our handlers once more.  Those that are registered last run first before a fork: ours
 * have to have our locks before an allocator that came with the program (jemalloc ...) has taken
 * its own, since a thread that unwinds for us may be about to ask it for memory.
 * Context: none of our locks held; once, with the first state.
 */
void ffisan_forks_watch(void);

#endif
