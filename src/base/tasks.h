/* SPDX-License-Identifier: MIT */
/**
 * The threads of a process, and in which system calls they wait, as /proc tells (proc(5)).  Nothing
 * is stopped, and no function of libc is called, which has errno and locks: it can be done in a
 * child that shares our memory.  x86-64; elsewhere there are no threads.
 */
#ifndef FFISAN_BASE_TASKS_H
#define FFISAN_BASE_TASKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/** A system call; its result, or an error below 0. */
long ffisan_tasks_call(long number, long a, long b, long c, long d);

/** Reads /proc/PROCESS/task/THREAD and `name`, as text; its length, or an error below 0. */
long ffisan_tasks_read(pid_t process, pid_t thread, const char *name, char *data, size_t size);

#define FFISAN_TASKS_ARGUMENTS 6

/** A system call in which a thread waits. */
struct ffisan_tasks_wait {
    uint64_t call;
    uint64_t arguments[FFISAN_TASKS_ARGUMENTS];
};

/** False when it waits in none. */
bool ffisan_tasks_waits(pid_t process, pid_t thread, struct ffisan_tasks_wait *ret_wait);

/** Calls `visit` for each thread until one answers with false; true when all were visited. */
bool ffisan_tasks_each(pid_t process, bool (*visit)(void *context, pid_t thread), void *context);

/**
 * Calls `visit` with each argument of the system calls in which the other threads of this process
 * wait, the first 256: a buffer that is to be read into may lie in no other place.  Returns how
 * many threads were looked at: each takes some microseconds.
 */
unsigned ffisan_tasks_each_argument(void (*visit)(void *context, uint64_t word), void *context);

#endif
