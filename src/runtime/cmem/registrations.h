/* SPDX-License-Identifier: MIT */
/**
 * Addresses that the kernel keeps for the program, and hands back: data of epoll (epoll_ctl(2)).
 * No search sees them there, so the wrappers note those that lead into a Lua heap or to memory of
 * C.  An audit re-aims the note like any other word; when an event brings the address, it is
 * replaced by what the note says.
 *
 * One address per descriptor: of one that two epolls watch, the last is known.
 *
 * Of what it keeps for others, the value of a timer and the stack of a thread's signal handlers, it
 * is only known that it is kept.
 */
#ifndef FFISAN_CMEM_REGISTRATIONS_H
#define FFISAN_CMEM_REGISTRATIONS_H

#include <stddef.h>
#include <stdint.h>

/** Has the wrappers tell.  Context: the first state is made. */
void ffisan_registrations_watch(void);

/** A word that the kernel has: an audit may re-aim it. */
struct ffisan_registration {
    uint64_t word;
    uint32_t made; /**< trace of epoll_ctl (ctraces.h); 0 = not known, or no address of Lua's */
};

/** Calls `visit` for each.  Context: an audit; others may change the words meanwhile. */
void ffisan_registrations_each(void (*visit)(void *context,
                                             struct ffisan_registration *registration),
                               void *context);

/** The same for words that cannot be changed. */
void ffisan_registrations_each_held(void (*visit)(void *context, uint64_t word), void *context);

#endif
