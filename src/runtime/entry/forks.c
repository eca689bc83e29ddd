/* SPDX-License-Identifier: MIT */
#include "runtime/entry/forks.h"

#include "runtime/cmem/cheap.h"
#include "runtime/cmem/ctraces.h"
#include "runtime/cmem/mappings.h"
#include "runtime/state.h"
#include "runtime/vm/unwinder.h"

#include <pthread.h>
#include <sys/single_threaded.h>

/* A child must not inherit a lock that a thread holds which it does not have. */
static bool forker_holds_lock, forker_holds_cheap, forker_holds_traces, forker_unwinds,
    forker_holds_mappings;

/* Handlers of this thread's fork that have run: we have more than one. */
static __thread unsigned depth;

static void before_fork(void)
{
    if (depth++ > 0)
        return;
    if (ffisan_lock_take(&ffisan_runtime.lock))
        forker_holds_lock = true;
    forker_holds_traces = ffisan_ctraces_lock();
    forker_unwinds = ffisan_lock_take(&ffisan_unwinder_lock);
    forker_holds_cheap = !__libc_single_threaded && ffisan_cheap_lock();
    forker_holds_mappings = ffisan_mappings_lock();
}

static void after_fork(void)
{
    if (depth == 0 || --depth > 0)
        return;
    if (forker_holds_mappings)
        ffisan_mappings_unlock();
    if (forker_holds_cheap)
        ffisan_cheap_unlock();
    if (forker_unwinds)
        ffisan_lock_give(&ffisan_unwinder_lock);
    if (forker_holds_traces)
        ffisan_ctraces_unlock();
    forker_holds_mappings = forker_holds_cheap = forker_unwinds = forker_holds_traces = false;
    if (!forker_holds_lock)
        return;
    forker_holds_lock = false;
    ffisan_lock_give(&ffisan_runtime.lock);
}

void ffisan_forks_watch(void)
{
    pthread_atfork(before_fork, after_fork, after_fork);
}

/*
 * At the start of every process, and not with its first state only: another thread may fork just
 * then, and its child would wait for a lock that nobody gives.
 */
__attribute__((constructor)) static void watch_from_the_start(void)
{
    ffisan_forks_watch();
}
