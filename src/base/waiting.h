/* SPDX-License-Identifier: MIT */
/**
 * What other threads have given to the system calls in which they wait (proc(5),
 * /proc/PID/task/TID/syscall): a buffer that is to be read into may lie in no other place.
 * Nothing is stopped; a thread that runs is passed over, as are all where there is no /proc.
 * Context: any.  errno is kept.
 */
#ifndef FFISAN_BASE_WAITING_H
#define FFISAN_BASE_WAITING_H

#include <stdint.h>

/**
 * Calls `visit` with each argument of each of those calls, for the first 256 threads.  Returns how
 * many threads were looked at: each takes some microseconds.
 */
unsigned ffisan_waiting_each(void (*visit)(void *context, uint64_t word), void *context);

#endif
