/* SPDX-License-Identifier: MIT */
#include "base/lock.h"

#include "base/io.h"

#include <errno.h>
#include <sched.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

struct ffisan_lock *ffisan_lock_at_risk;

/* glibc's nanosleep may be cancelled: the caller has no cleanup. */
void ffisan_lock_wait(unsigned n_tries)
{
    enum { YIELDS = 64 };
    const struct timespec a_while = {.tv_nsec = 50000};
    int saved_errno = errno;
    if (n_tries < YIELDS || ffisan_io_is_confined)
        sched_yield();
    else
        syscall(SYS_nanosleep, &a_while, NULL);
    errno = saved_errno;
}
