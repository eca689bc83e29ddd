/* SPDX-License-Identifier: MIT */
/*
 * Runs in a child that shares memory and thread-local storage with who asks: no function of libc.
 * (Linux: ptrace(2), proc(5) for /proc/PID/task/TID/syscall and stat, signal(7) for what is begun
 * again after a stop.)
 */
#include "base/tracer.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
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

long ffisan_tracer_call(long number, long a, long b, long c, long d)
{
#ifdef __x86_64__
    long result;
    register long r10 __asm__("r10") = d;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10)
                     : "rcx", "r11", "memory");
    return result;
#else
    (void)number, (void)a, (void)b, (void)c, (void)d;
    return -ENOSYS;
#endif
}

/* ---- Taking turns ---------------------------------------------------------------------------- */

void ffisan_tracer_set_step(struct ffisan_others *others, enum ffisan_tracer_step step)
{
    __atomic_store_n(&others->step, (uint32_t)step, __ATOMIC_RELEASE);
    ffisan_tracer_call(SYS_futex, (long)&others->step, FUTEX_WAKE, 1, 0);
}

enum ffisan_tracer_step ffisan_tracer_step(const struct ffisan_others *others)
{
    return (enum ffisan_tracer_step)__atomic_load_n(&others->step, __ATOMIC_ACQUIRE);
}

void ffisan_tracer_wait(struct ffisan_others *others, enum ffisan_tracer_step step)
{
    const struct timespec a_while = {.tv_nsec = 10000000};
    ffisan_tracer_call(SYS_futex, (long)&others->step, FUTEX_WAIT, (long)step, (long)&a_while);
}

/* ---- What a thread does ---------------------------------------------------------------------- */

static char *put_number(char *text, unsigned number)
{
    char digits[12];
    unsigned n = 0;
    do
        digits[n++] = (char)('0' + number % 10);
    while ((number /= 10) != 0);
    while (n > 0)
        *text++ = digits[--n];
    return text;
}

static char *put_text(char *text, const char *more)
{
    while (*more)
        *text++ = *more++;
    return text;
}

/* Reads /proc/PROCESS/task/THREAD/name; the length, or an error below 0. */
static long read_about(const struct ffisan_others *others, pid_t thread, const char *name,
                       char *data, size_t size)
{
    char path[96], *end = put_text(path, "/proc/");
    end = put_number(end, (unsigned)others->process);
    end = put_text(end, "/task/");
    end = put_number(end, (unsigned)thread);
    end = put_text(end, name);
    *end = '\0';
    long fd = ffisan_tracer_call(SYS_openat, AT_FDCWD, (long)path, O_RDONLY | O_CLOEXEC, 0);
    if (fd < 0)
        return fd;
    long n = ffisan_tracer_call(SYS_read, fd, (long)data, (long)size - 1, 0);
    ffisan_tracer_call(SYS_close, fd, 0, 0, 0);
    data[n > 0 ? n : 0] = '\0';
    return n;
}

/* "17 (name) S 1 ...": the letter; 'X' when it is gone. */
static char state_of(const struct ffisan_others *others, pid_t thread)
{
    char data[256], *state = data;
    if (read_about(others, thread, "/stat", data, sizeof(data)) <= 0)
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

static const char *read_word(const char *text, uint64_t *ret_word)
{
    uint64_t base = 10, word = 0;
    while (*text == ' ')
        text++;
    if (text[0] == '0' && text[1] == 'x') {
        base = 16;
        text += 2;
    }
    for (;; text++) {
        unsigned digit = (unsigned char)*text;
        if (digit >= '0' && digit <= '9')
            word = word * base + digit - '0';
        else if (base == 16 && digit >= 'a' && digit <= 'f')
            word = word * base + digit - 'a' + 10;
        else
            break;
    }
    *ret_word = word;
    return text;
}

/*
 * Does it wait in a call that must not be disturbed?  Then its arguments are noted.  The file says
 * "running", "-1 SP PC", or "NUMBER and six arguments SP PC".
 */
static bool must_be_left(struct ffisan_others *others, pid_t thread)
{
    char data[256];
    const char *text = data;
    uint64_t call;
    if (read_about(others, thread, "/syscall", data, sizeof(data)) <= 0 || data[0] < '0' ||
        data[0] > '9')
        return false;
    text = read_word(text, &call);
    if (is_begun_again(call))
        return false;
    for (unsigned i = 0; i < 6; i++)
        text = read_word(text, &others->words[others->n_words++]);
    return true;
}

/* ---- Stopping -------------------------------------------------------------------------------- */

static bool wait_for(const struct ffisan_others *others, pid_t thread, int *ret_status)
{
    enum { YIELDS = 16 };
    const struct timespec a_while = {.tv_nsec = 100000};
    unsigned n_undisturbed = 0;
    for (unsigned i = 0; i < YIELDS + MAX_SLEEPS && n_undisturbed < MAX_SLEEPS_D; i++) {
        long got = ffisan_tracer_call(SYS_wait4, thread, (long)ret_status, __WALL | WNOHANG, 0);
        if (got != 0)
            return got == thread;
        if (i < YIELDS) {
            ffisan_tracer_call(SYS_sched_yield, 0, 0, 0, 0);
            continue;
        }
        ffisan_tracer_call(SYS_nanosleep, (long)&a_while, 0, 0, 0);
        n_undisturbed += state_of(others, thread) == 'D';
    }
    return false;
}

static void read_registers(struct ffisan_others *others, pid_t thread)
{
    enum { MOST_WORDS = 32 };
    struct iovec words = {&others->words[others->n_words], MOST_WORDS * sizeof(uint64_t)};
    if (ffisan_tracer_call(SYS_ptrace, PTRACE_GETREGSET, thread, NT_PRSTATUS, (long)&words) == 0)
        others->n_words += words.iov_len / sizeof(uint64_t);
}

static bool stop(struct ffisan_others *others, struct ffisan_tracer_thread *thread)
{
    int status = 0;
    if (must_be_left(others, thread->id))
        return true;
    if (ffisan_tracer_call(SYS_ptrace, PTRACE_SEIZE, thread->id, 0, 0) != 0) {
        bool is_gone = has_ended(others, thread->id);
        others->is_refused |= !is_gone;
        return is_gone;
    }
    if (ffisan_tracer_call(SYS_ptrace, PTRACE_INTERRUPT, thread->id, 0, 0) != 0 ||
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

/* An entry of a directory, as getdents64 gives it. */
struct entry {
    uint64_t inode;
    int64_t offset;
    uint16_t size;
    uint8_t type;
    char name[];
};

/* Stops those of the listed threads that are new; false when one cannot be. */
static bool stop_listed(struct ffisan_others *others, const char *entries, long n)
{
    for (long at = 0; at < n;) {
        const struct entry *entry = (const struct entry *)(entries + at);
        uint64_t id;
        at += entry->size;
        read_word(entry->name, &id);
        if (id == 0 || is_known(others, (pid_t)id)) /* 0: "." and ".." */
            continue;
        if (others->n_threads == FFISAN_TRACER_THREADS)
            return false;
        struct ffisan_tracer_thread *thread = &others->threads[others->n_threads++];
        thread->id = (pid_t)id;
        if (!stop(others, thread))
            return false;
    }
    return true;
}

/* One reading of the list. */
static bool stop_new(struct ffisan_others *others)
{
    char path[64], entries[2048] __attribute__((aligned(8)));
    char *end = put_text(path, "/proc/");
    end = put_number(end, (unsigned)others->process);
    end = put_text(end, "/task");
    *end = '\0';
    long n, fd = ffisan_tracer_call(SYS_openat, AT_FDCWD, (long)path,
                                    O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    bool done = fd >= 0;
    while (done &&
           (n = ffisan_tracer_call(SYS_getdents64, fd, (long)entries, sizeof(entries), 0)) != 0)
        done = n > 0 && stop_listed(others, entries, n);
    if (fd >= 0)
        ffisan_tracer_call(SYS_close, fd, 0, 0, 0);
    return done;
}

static bool stop_all(struct ffisan_others *others)
{
    for (unsigned round = 0; round < MAX_ROUNDS; round++) {
        unsigned n_before = others->n_threads;
        if (!stop_new(others))
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
            ffisan_tracer_call(SYS_ptrace, PTRACE_DETACH, others->threads[i].id, 0,
                               others->threads[i].signal);
}

/* Whom it has seized and does not let go, the kernel does when it ends. */
int ffisan_tracer_run(void *argument)
{
    struct ffisan_others *others = argument;
    ffisan_tracer_call(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0);
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
