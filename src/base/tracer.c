/* SPDX-License-Identifier: MIT */
/*
 * Runs in a child that shares memory and thread-local storage with who asks: no function of libc.
 * (Linux: ptrace(2), proc(5) for /proc/PID/task/TID/stat, signal(7) for what is begun again after a
 * stop.)
 */
#include "base/tracer.h"

#include "base/tasks.h"

#include <elf.h>
#include <errno.h>
#include <linux/futex.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>

#define MAX_ROUNDS 8u     /* threads may make threads while they are being stopped */
#define MAX_SLEEPS 10000u /* of 100 us: a thread that runs may have to wait for a processor */
#define MAX_SLEEPS_D 200u /* one that cannot be disturbed, as in vfork, may not react for long */

/* ---- Taking turns ---------------------------------------------------------------------------- */

void ffisan_tracer_set_step(struct ffisan_others *others, enum ffisan_tracer_step step)
{
    __atomic_store_n(&others->step, (uint32_t)step, __ATOMIC_RELEASE);
    ffisan_tasks_call(SYS_futex, (long)&others->step, FUTEX_WAKE, 1, 0);
}

enum ffisan_tracer_step ffisan_tracer_step(const struct ffisan_others *others)
{
    return (enum ffisan_tracer_step)__atomic_load_n(&others->step, __ATOMIC_ACQUIRE);
}

void ffisan_tracer_wait(struct ffisan_others *others, enum ffisan_tracer_step step)
{
    const struct timespec a_while = {.tv_nsec = 10000000};
    ffisan_tasks_call(SYS_futex, (long)&others->step, FUTEX_WAIT, (long)step, (long)&a_while);
}

/* ---- What a thread does ---------------------------------------------------------------------- */

/* "17 (name) S 1 ...": the letter; 'X' when it is gone. */
static char state_of(const struct ffisan_others *others, pid_t thread)
{
    char data[256], *state = data;
    if (ffisan_tasks_read(others->process, thread, "/stat", data, sizeof(data)) <= 0)
        return 'X';
    for (char *at = data; *at; at++)
        if (*at == ')')
            state = at;
    return state[0] == ')' && state[1] == ' ' ? state[2] : '?';
}

/* Also while nobody has asked for it. */
static bool has_ended(const struct ffisan_others *others, pid_t thread)
{
    char state = state_of(others, thread);
    return state == 'Z' || state == 'X';
}

/* Calls that the kernel begins again after a stop, whatever they wait for, and for how long. */
static bool is_begun_again(uint64_t call)
{
    switch (call) {
    case SYS_futex:
    case SYS_nanosleep:
    case SYS_clock_nanosleep:
    case SYS_ppoll:
    case SYS_pselect6:
    case SYS_wait4:
    case SYS_waitid:
    case SYS_rt_sigsuspend:
#ifdef SYS_poll
    case SYS_poll:
    case SYS_select:
    case SYS_pause:
#endif
        return true;
    }
    return false;
}

/* Does it wait in a call that must not be disturbed?  Then its arguments are noted. */
static bool must_be_left(struct ffisan_others *others, pid_t thread)
{
    struct ffisan_tasks_wait wait;
    if (!ffisan_tasks_waits(others->process, thread, &wait) || is_begun_again(wait.call))
        return false;
    for (unsigned i = 0; i < FFISAN_TASKS_ARGUMENTS; i++)
        others->words[others->n_words++] = wait.arguments[i];
    return true;
}

/* ---- Stopping -------------------------------------------------------------------------------- */

static bool wait_for(const struct ffisan_others *others, pid_t thread, int *ret_status)
{
    enum { YIELDS = 16 };
    const struct timespec a_while = {.tv_nsec = 100000};
    unsigned n_undisturbed = 0;
    for (unsigned i = 0; i < YIELDS + MAX_SLEEPS && n_undisturbed < MAX_SLEEPS_D; i++) {
        long got = ffisan_tasks_call(SYS_wait4, thread, (long)ret_status, __WALL | WNOHANG, 0);
        if (got != 0)
            return got == thread;
        if (i < YIELDS) {
            ffisan_tasks_call(SYS_sched_yield, 0, 0, 0, 0);
            continue;
        }
        ffisan_tasks_call(SYS_nanosleep, (long)&a_while, 0, 0, 0);
        n_undisturbed += state_of(others, thread) == 'D';
    }
    return false;
}

static void read_registers(struct ffisan_others *others, pid_t thread)
{
    enum { MOST_WORDS = 32 };
    struct iovec words = {&others->words[others->n_words], MOST_WORDS * sizeof(uint64_t)};
    if (ffisan_tasks_call(SYS_ptrace, PTRACE_GETREGSET, thread, NT_PRSTATUS, (long)&words) == 0)
        others->n_words += words.iov_len / sizeof(uint64_t);
}

static bool stop(struct ffisan_others *others, struct ffisan_tracer_thread *thread)
{
    int status = 0;
    if (must_be_left(others, thread->id))
        return true;
    if (ffisan_tasks_call(SYS_ptrace, PTRACE_SEIZE, thread->id, 0, 0) != 0) {
        bool is_gone = has_ended(others, thread->id);
        others->is_refused |= !is_gone;
        return is_gone;
    }
    if (ffisan_tasks_call(SYS_ptrace, PTRACE_INTERRUPT, thread->id, 0, 0) != 0 ||
        !wait_for(others, thread->id, &status))
        return has_ended(others, thread->id);
    if (!WIFSTOPPED(status))
        return true;
    thread->is_stopped = true;
    thread->signal = status >> 16 == PTRACE_EVENT_STOP ? 0 : WSTOPSIG(status);
    read_registers(others, thread->id);
    return true;
}

static bool is_known(const struct ffisan_others *others, pid_t thread)
{
    for (unsigned i = 0; i < others->n_threads; i++)
        if (others->threads[i].id == thread)
            return true;
    return thread == others->asker;
}

/* One that is new; false when it cannot be stopped. */
static bool stop_listed(void *context, pid_t id)
{
    struct ffisan_others *others = context;
    if (is_known(others, id))
        return true;
    if (others->n_threads == FFISAN_TRACER_THREADS)
        return false;
    struct ffisan_tracer_thread *thread = &others->threads[others->n_threads++];
    thread->id = id;
    return stop(others, thread);
}

static bool stop_all(struct ffisan_others *others)
{
    for (unsigned round = 0; round < MAX_ROUNDS; round++) {
        unsigned n_before = others->n_threads;
        if (!ffisan_tasks_each(others->process, stop_listed, others))
            return false;
        if (others->n_threads == n_before)
            return true;
    }
    return false;
}

static void resume_all(struct ffisan_others *others)
{
    for (unsigned i = 0; i < others->n_threads; i++)
        if (others->threads[i].is_stopped)
            ffisan_tasks_call(SYS_ptrace, PTRACE_DETACH, others->threads[i].id, 0,
                              others->threads[i].signal);
}

/* Whom it has seized and does not let go, the kernel does when it ends. */
int ffisan_tracer_run(void *argument)
{
    struct ffisan_others *others = argument;
    ffisan_tasks_call(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0);
    while (ffisan_tracer_step(others) == FFISAN_TRACER_WAITS)
        ffisan_tracer_wait(others, FFISAN_TRACER_WAITS);
    bool done = stop_all(others);
    if (!done)
        resume_all(others);
    ffisan_tracer_set_step(others, done                 ? FFISAN_TRACER_DONE
                                   : others->is_refused ? FFISAN_TRACER_REFUSED
                                                        : FFISAN_TRACER_FAILED);
    while (done && ffisan_tracer_step(others) == FFISAN_TRACER_DONE)
        ffisan_tracer_wait(others, FFISAN_TRACER_DONE);
    if (done)
        resume_all(others);
    return 0;
}
