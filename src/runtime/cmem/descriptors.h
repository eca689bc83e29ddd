/* SPDX-License-Identifier: MIT */
/**
 * Descriptors that a finalizer has closed: of a file object that was collected, or of a cdata with
 * ffi.gc.  The program may have kept the number, which keeps nothing open.
 *
 * Who closes or opens a descriptor otherwise takes it out of these books, as far as it does so
 * through libc's functions.  Context: any thread; takes ffisan_runtime.lock.
 */
#ifndef FFISAN_CMEM_DESCRIPTORS_H
#define FFISAN_CMEM_DESCRIPTORS_H

struct ffisan_state;

/** `function` is about to close it.  `state`: that the thread runs, or NULL. */
void ffisan_descriptors_closing(struct ffisan_state *state, int descriptor, const char *function);

/** A stream was opened that has the number of one which a finalizer had closed. */
void ffisan_descriptors_opened(struct ffisan_state *state, int descriptor, const void *stream);

/** The program was told the number of a stream. */
void ffisan_descriptors_asked(int descriptor, const void *stream);

/**
 * `function` is about to use the number of one that a finalizer has closed.  When a stream has it
 * now whose number the program was never told, then it means the old one; that is reported, once.
 */
void ffisan_descriptors_reopened(struct ffisan_state *state, int descriptor, const char *function);

/** Those from `first` to `last` are closed, by the program. */
void ffisan_descriptors_closed(int first, int last);

/**
 * `function` has failed with EBADF: if a finalizer has closed the descriptor, and it is closed
 * still, that is reported, once.
 */
void ffisan_descriptors_used(struct ffisan_state *state, int descriptor, const char *function);

/** The state is closed, or the numbers of its stacks mean nothing any more.  Lock: held or not. */
void ffisan_descriptors_forget(const struct ffisan_state *state);

#endif
