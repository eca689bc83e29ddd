/* SPDX-License-Identifier: MIT */
#include "base/others.h"

#include "base/io.h"
#include "base/pages.h"
#include "base/tasks.h"
#include "base/tracer.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Faults stay: who searches memory has a guard for them. */
#define FAULTS                                                                                     \
    (UINT64_C(1) << (SIGSEGV - 1) | UINT64_C(1) << (SIGBUS - 1) | UINT64_C(1) << (SIGILL - 1) |    \
     UINT64_C(1) << (SIGFPE - 1) | UINT64_C(1) << (SIGTRAP - 1) | UINT64_C(1) << (SIGSYS - 1))

static void set_mask(uint64_t mask, uint64_t *ret_old)
{
    ffisan_tasks_call(SYS_rt_sigprocmask, SIG_SETMASK, (long)&mask, (long)ret_old, sizeof(mask));
}

/*
 * Valgrind runs all threads itself, and knows no such clone.  The instructions do nothing without
 * it; under it they ask whether it is there (valgrind.h, RUNNING_ON_VALGRIND).
 */
static bool is_emulated(void)
{
    uint64_t answer = 0;
#ifdef __x86_64__
    volatile uint64_t question[6] = {0x1001};
    __asm__ volatile(
        "rolq $3, %%rdi\n\trolq $13, %%rdi\n\t"
        "rolq $61, %%rdi\n\trolq $51, %%rdi\n\t"
        "xchgq %%rbx, %%rbx"
        : "+d"(answer)
        : "a"(&question[0])
        : "cc", "memory");
#endif
    return answer != 0;
}

/* With this setting only parents may trace, and whom one names. */
static bool must_be_named(void)
{
    char scope[4];
    return ffisan_io_read_file("/proc/sys/kernel/yama/ptrace_scope", 0, scope, sizeof(scope)) > 0 &&
           scope[0] == '1';
}

static void is_filtered_line(void *is_filtered, const char *line)
{
    static const char name[] = "Seccomp:\t";
    if (strncmp(line, name, sizeof(name) - 1) == 0)
        *(bool *)is_filtered = line[sizeof(name) - 1] != '0';
}

/* What allows a call or refuses it, may also end who makes it. */
static bool is_filtered(void)
{
    char data[1024];
    bool answer = true;
    ffisan_io_each_line("/proc/self/status", data, sizeof(data), is_filtered_line, &answer);
    return answer;
}

static int try_to_trace(void *others)
{
    pid_t asker = ((struct ffisan_others *)others)->asker;
    ffisan_tasks_call(SYS_prctl, PR_SET_DUMPABLE, 0, 0, 0); /* it has memory of its own */
    ffisan_tasks_call(SYS_ptrace, PTRACE_SEIZE, asker, 0, 0);
    return 0;
}

/* A child that shares nothing makes the call first.  Once: filters stay. */
static bool survives_filter(struct ffisan_others *others)
{
    static enum { NOT_KNOWN, SURVIVES, IS_ENDED } answer;
    int status = 0;
    if (answer == NOT_KNOWN && is_filtered()) {
        long child = clone(try_to_trace, others->stack + sizeof(others->stack), 0, others);
        if (child < 0 || ffisan_tasks_call(SYS_wait4, child, (long)&status, __WALL, 0) != child)
            status = 1;
    }
    if (answer == NOT_KNOWN)
        answer = status == 0 ? SURVIVES : IS_ENDED;
    return answer == SURVIVES;
}

static void end(struct ffisan_others *others)
{
    uint64_t old_mask = others->old_mask;
    int status;
    if (others->tracer > 0)
        while (ffisan_tasks_call(SYS_wait4, others->tracer, (long)&status, __WALL, 0) == -EINTR)
            continue;
    ffisan_pages_unmap(others, sizeof(*others));
    set_mask(old_mask, NULL);
}

/* False also when the child has been killed. */
static bool wait_for_tracer(struct ffisan_others *others)
{
    int status;
    while (ffisan_tracer_step(others) == FFISAN_TRACER_STOPS) {
        ffisan_tracer_wait(others, FFISAN_TRACER_STOPS);
        if (ffisan_tasks_call(SYS_wait4, others->tracer, (long)&status, __WALL | WNOHANG, 0) == 0)
            continue;
        others->tracer = 0;
        return false;
    }
    return ffisan_tracer_step(others) == FFISAN_TRACER_DONE;
}

struct ffisan_others *ffisan_others_stop(bool *ret_is_refused)
{
    struct ffisan_others *others = NULL;
    int saved_errno = errno;
    *ret_is_refused = true;
    if (!ffisan_io_is_confined && !is_emulated())
        others = ffisan_pages_map(sizeof(*others));
    if (!others)
        return NULL;
    set_mask(~FAULTS, &others->old_mask);
    others->process = getpid();
    others->asker = gettid();
    /* No signal tells of its end: the program waits for children of its own. */
    others->tracer = !survives_filter(others)
                         ? -1
                         : clone(ffisan_tracer_run, others->stack + sizeof(others->stack),
                                 CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_UNTRACED, others);
    bool is_named = others->tracer > 0 && must_be_named() &&
                    ffisan_tasks_call(SYS_prctl, PR_SET_PTRACER, others->tracer, 0, 0) == 0;
    ffisan_tracer_set_step(others, FFISAN_TRACER_STOPS);
    bool done = others->tracer > 0 && wait_for_tracer(others);
    if (is_named)
        ffisan_tasks_call(SYS_prctl, PR_SET_PTRACER, 0, 0, 0);
    *ret_is_refused = others->tracer < 0 || ffisan_tracer_step(others) == FFISAN_TRACER_REFUSED;
    if (!done) {
        end(others);
        others = NULL;
    }
    errno = saved_errno;
    return others;
}

const uint64_t *ffisan_others_words(const struct ffisan_others *others, size_t *ret_n)
{
    *ret_n = others->n_words;
    return others->words;
}

void ffisan_others_resume(struct ffisan_others *others)
{
    int saved_errno = errno;
    if (!others)
        return;
    ffisan_tracer_set_step(others, FFISAN_TRACER_RESUMES);
    end(others);
    errno = saved_errno;
}
