/* SPDX-License-Identifier: MIT */
/** The writable memory of the process, as the kernel lists it.  Context: any, also a handler. */
#ifndef FFISAN_CMEM_MAPS_H
#define FFISAN_CMEM_MAPS_H

#include <stdbool.h>
#include <stdint.h>

struct ffisan_mapping {
    uintptr_t low, high;
    bool is_file; /**< shared with a file, which may end before: read what is in memory only */
};

/**
 * Calls `visit` for every private mapping that can be read and written.  False when the list
 * cannot be had (no /proc): then nothing was visited.
 */
bool ffisan_maps_each(void (*visit)(void *context, const struct ffisan_mapping *mapping),
                      void *context);

/**
 * The same for memory that pointers of the program hardly ever lie in: private and read-only,
 * without a file; shared, if it is memory and nothing else (anonymous, of memfd_create, shm_open,
 * shmget, io_uring) or a file that is written through it.
 */
bool ffisan_maps_each_unlikely(void (*visit)(void *context, const struct ffisan_mapping *mapping),
                               void *context);

/** The same for what may be stacks of threads, by the guard below; also other memory. */
bool ffisan_maps_each_stack(void (*visit)(void *context, const struct ffisan_mapping *mapping),
                            void *context);

#endif
