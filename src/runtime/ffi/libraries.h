/* SPDX-License-Identifier: MIT */
/**
 * Libraries that are unloaded while something still leads into them: `dlclose` is interposed, and
 * where a module was mapped nothing else is put.  A call, read or write there is reported; then the
 * module is put back as it was, where that can be done, so that the program can go on.
 */
#ifndef FFISAN_FFI_LIBRARIES_H
#define FFISAN_FFI_LIBRARIES_H

#include "wire/finding.h"

#include <stdbool.h>
#include <stdint.h>
#include <ucontext.h>

struct ffisan_state;

/** Has the finalizer of namespaces watched.  Context: as ffisan_builtins_watch. */
void ffisan_libraries_watch(void);

/** The state is closed: nothing of it is to be read any more.  Lock held. */
void ffisan_libraries_forget(const struct ffisan_state *state);

/** What happened at an address that faulted. */
enum ffisan_library_answer {
    FFISAN_LIBRARY_NOT_OURS,
    FFISAN_LIBRARY_TOLD,    /**< reported; the program ends as it would have */
    FFISAN_LIBRARY_GOES_ON, /**< reported, and the instruction can be tried again */
};

/** Caller holds ffisan_runtime.lock.  Context: also a signal handler. */
enum ffisan_library_answer ffisan_libraries_fault(uintptr_t address, enum ffisan_access access,
                                                  ucontext_t *context);

#endif
