/* SPDX-License-Identifier: MIT */
/**
 * Where C keeps its variables and its memory: the writable segments of the program and of its
 * libraries, their thread-local variables of the calling thread, and the heap that malloc grows by
 * brk.  Left out: what is read-only after relocation, our own library, a library that is the VM.
 *
 * Guarded by ffisan_runtime.lock.  No allocation.
 */
#ifndef FFISAN_CMEM_SEGMENTS_H
#define FFISAN_CMEM_SEGMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ffisan_segment_kind {
    FFISAN_SEGMENT_DATA,   /**< .data, .bss */
    FFISAN_SEGMENT_TLS,    /**< thread-local variables, of one thread */
    FFISAN_SEGMENT_THREAD, /**< what libc keeps of one thread: values of pthread_setspecific */
    FFISAN_SEGMENT_BRK,    /**< the heap of malloc */
};

struct ffisan_segment {
    uintptr_t start, end; /**< aligned to 8 */
    uintptr_t code;       /**< an address in the same module; 0: in none */
    enum ffisan_segment_kind kind;
};

/**
 * Finds out where the heap begins, and how much libc keeps of a thread.  Idempotent.
 * Context: outside of signal handlers.
 */
void ffisan_segments_prepare(void);

/**
 * What there is now, as the calling thread sees it, in no order.  `vm_address` is an address in the
 * module that has LuaJIT in it.  Valid until the next call.  Takes the loader's lock for a moment.
 */
size_t ffisan_segments_now(uintptr_t vm_address, const struct ffisan_segment **ret_segments);

/** Tells base/pages.h where our own variables are.  Once. */
void ffisan_segments_declare_own(void);

/** The segment that an address lay in when they were looked for last, or NULL.  Takes no lock. */
const struct ffisan_segment *ffisan_segments_find(uintptr_t address);

#endif
