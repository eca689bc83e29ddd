/* SPDX-License-Identifier: MIT */
/**
 * Results of C functions that lie in memory which the function uses again for the next one: ctime,
 * inet_ntoa, getpwnam.  A cdata that an earlier call returned leads to what a later call has put
 * there.
 *
 * Noticed when the earlier cdata is used: the later call itself has changed the content, returned
 * the same address, and both results are used.  See DETECTORS.md for what else is asked, and why.
 * The interpreter's calls only, as far as ffi/builtins.h tells of them.
 */
#ifndef FFISAN_FFI_RESULTS_H
#define FFISAN_FFI_RESULTS_H

struct ffisan_state;
struct ffisan_results;

/** Has the calls watched.  Context: as ffisan_builtins_watch. */
void ffisan_results_watch(void);

/** At an audit, before blocks are reused: forgets the results whose cdata has died. */
void ffisan_results_forget_dead(struct ffisan_state *state);

/** The numbers of stacks mean nothing any more (renew.c). */
void ffisan_results_forget_stacks(struct ffisan_state *state);

/** The state is closed. */
void ffisan_results_free(struct ffisan_state *state);

#endif
