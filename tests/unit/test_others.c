/* SPDX-License-Identifier: MIT */
/* Other threads are stopped: what they have in registers is seen, and they do not notice. */
#include "base/others.h"

#include "tap.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile int is_over, n_ready;

static bool is_refused;

static struct ffisan_others *stop(void)
{
    return ffisan_others_stop(&is_refused);
}

static void wait_until_ready(int n)
{
    while (__atomic_load_n(&n_ready, __ATOMIC_ACQUIRE) < n)
        sched_yield();
}

static void be_ready(void)
{
    __atomic_fetch_add(&n_ready, 1, __ATOMIC_RELEASE);
}

static bool has_word(const struct ffisan_others *others, uint64_t word)
{
    size_t n;
    const uint64_t *words = ffisan_others_words(others, &n);
    for (size_t i = 0; i < n; i++)
        if (words[i] == word)
            return true;
    return false;
}

static void pause_ms(long ms)
{
    const struct timespec a_while = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&a_while, NULL);
}

/* ---- Threads --------------------------------------------------------------------------------- */

static volatile uint64_t n_steps;

/* The number that it is given stands in a register only. */
static void *compute(void *argument)
{
    uint64_t word = *(uint64_t *)argument;
    *(uint64_t *)argument = 0;
    be_ready();
    while (!is_over) {
        __asm__ volatile("" : "+r"(word));
        n_steps++;
    }
    return (void *)word;
}

static char place[16];
static int pipe_fds[2];

static void *read_pipe(void *argument)
{
    be_ready();
    *(ssize_t *)argument = read(pipe_fds[0], place, sizeof(place));
    return NULL;
}

static void *wait_for_events(void *argument)
{
    struct epoll_event event;
    int fd = epoll_create1(0);
    be_ready();
    *(ssize_t *)argument = epoll_wait(fd, &event, 1, 400);
    close(fd);
    return NULL;
}

static void *wait_for_signal(void *argument)
{
    const struct timespec limit = {.tv_nsec = 400000000};
    sigset_t none;
    sigemptyset(&none);
    sigaddset(&none, SIGUSR2);
    be_ready();
    errno = 0;
    int signal = sigtimedwait(&none, NULL, &limit);
    *(ssize_t *)argument = signal == -1 && errno == EAGAIN ? 0 : 1;
    return NULL;
}

static void *sleep_a_while(void *argument)
{
    be_ready();
    *(ssize_t *)argument = usleep(400000);
    return NULL;
}

/* ---- Checks ---------------------------------------------------------------------------------- */

static void check_registers(void)
{
    pthread_t id;
    uint64_t word = 0x123456789abcdef5u, expected = word;
    void *result;
    is_over = n_ready = 0;
    pthread_create(&id, NULL, compute, &word);
    wait_until_ready(1);
    bool seen = true, stood_still = true, went_on = true;
    for (int i = 0; i < 200; i++) {
        struct ffisan_others *others = stop();
        seen &= others && has_word(others, expected);
        uint64_t before = n_steps;
        pause_ms(i % 50 == 0 ? 20 : 0);
        stood_still &= n_steps == before;
        ffisan_others_resume(others);
        for (int k = 0; k < 1000 && n_steps == before; k++)
            pause_ms(1);
        went_on &= n_steps != before;
    }
    is_over = 1;
    pthread_join(id, &result);
    TAP_OK(seen, "a number that stands in a register only is seen");
    TAP_OK(stood_still, "a stopped thread does nothing");
    TAP_OK(went_on, "a resumed thread goes on");
    TAP_OK((uint64_t)result == expected, "its registers are as they were");
}

static void check_calls(void)
{
    static void *(*const functions[])(void *) = {read_pipe, wait_for_events, wait_for_signal,
                                                 sleep_a_while};
    enum { N = 4 };
    pthread_t ids[N];
    ssize_t results[N];
    bool seen = true;
    n_ready = 0;
    if (pipe(pipe_fds) != 0)
        abort();
    for (int i = 0; i < N; i++)
        pthread_create(&ids[i], NULL, functions[i], &results[i]);
    wait_until_ready(N);
    pause_ms(50);
    for (int i = 0; i < 100; i++) {
        struct ffisan_others *others = stop();
        seen &= others && has_word(others, (uintptr_t)place);
        ffisan_others_resume(others);
    }
    if (write(pipe_fds[1], "hello", 5) != 5)
        abort();
    for (int i = 0; i < N; i++)
        pthread_join(ids[i], NULL);
    TAP_OK(seen, "arguments of a call that waits are seen");
    TAP_OK(results[0] == 5 && memcmp(place, "hello", 5) == 0, "read was not interrupted");
    TAP_OK(results[1] == 0, "epoll_wait was not interrupted");
    TAP_OK(results[2] == 0, "sigtimedwait was not interrupted");
    TAP_OK(results[3] == 0, "usleep was not interrupted");
}

static volatile sig_atomic_t n_signals;

static void on_signal(int signal)
{
    (void)signal;
    n_signals++;
}

/* Signals that come while it is being stopped, or is, reach it once each. */
static void check_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    pthread_t id;
    uint64_t word = 5;
    int n_sent = 0;
    sigaction(SIGRTMIN + 3, &action, NULL);
    is_over = n_ready = 0;
    pthread_create(&id, NULL, compute, &word);
    wait_until_ready(1);
    for (int i = 0; i < 200; i++) {
        pthread_kill(id, SIGRTMIN + 3);
        struct ffisan_others *others = stop();
        pthread_kill(id, SIGRTMIN + 3);
        ffisan_others_resume(others);
        n_sent += 2;
    }
    for (int i = 0; i < 1000 && n_signals < n_sent; i++)
        pause_ms(1);
    is_over = 1;
    pthread_join(id, NULL);
    TAP_OK(n_signals == n_sent, "no signal is lost");
}

static void check_children(void)
{
    int status;
    TAP_OK(waitpid(-1, &status, __WALL | WNOHANG) == -1 && errno == ECHILD, "no child is left");
    errno = 17;
    ffisan_others_resume(stop());
    TAP_OK(errno == 17, "errno is kept");
}

/* ---- Alone, traced, without its first thread ------------------------------------------------- */

static void *traced_thread(void *argument)
{
    *(pid_t *)argument = gettid();
    be_ready();
    while (!is_over)
        pause_ms(1);
    return NULL;
}

/* Ends with 0 when nobody could be stopped, because somebody else traces a thread. */
static int be_traced(int out, int in)
{
    pthread_t id;
    pid_t thread;
    char go;
    is_over = n_ready = 0;
    pthread_create(&id, NULL, traced_thread, &thread);
    wait_until_ready(1);
    if (write(out, &thread, sizeof(thread)) != sizeof(thread) || read(in, &go, 1) != 1)
        return 2;
    struct ffisan_others *others = stop();
    ffisan_others_resume(others);
    is_over = 1;
    pthread_join(id, NULL);
    return !others && is_refused ? 0 : 1;
}

static void check_traced(void)
{
    int to_child[2], from_child[2], status;
    pid_t thread;
    if (pipe(to_child) != 0 || pipe(from_child) != 0)
        abort();
    pid_t child = fork();
    if (child == 0)
        _exit(be_traced(from_child[1], to_child[0]));
    if (read(from_child[0], &thread, sizeof(thread)) != sizeof(thread))
        abort();
    bool traces = ptrace(PTRACE_SEIZE, thread, 0, 0) == 0;
    if (write(to_child[1], "x", 1) != 1)
        abort();
    while (waitpid(-1, &status, __WALL) != child) /* the thread is ours to bury, too */
        continue;
    TAP_OK(traces && status == 0, "who is traced by somebody else is not stopped");
}

static void *stop_without_leader(void *argument)
{
    pause_ms(50);
    struct ffisan_others *others = stop();
    ffisan_others_resume(others);
    _exit(others && argument == NULL ? 0 : 1);
}

static void check_leader(void)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        pthread_t id;
        pthread_create(&id, NULL, stop_without_leader, NULL);
        pthread_exit(NULL);
    }
    waitpid(child, &status, 0);
    TAP_OK(status == 0, "a first thread that has ended is no obstacle");
}

/* A filter that ends who calls ptrace: we do not get that far. */
static int be_filtered(void)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ptrace, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};
    uint64_t word = 1;
    pthread_t id;
    is_over = n_ready = 0;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        return 2;
    pthread_create(&id, NULL, compute, &word);
    wait_until_ready(1);
    struct ffisan_others *others = stop();
    ffisan_others_resume(others);
    bool is_refused_first = is_refused;
    bool is_stopped_again = stop() != NULL;
    is_over = 1;
    pthread_join(id, NULL);
    return !others && is_refused_first && !is_stopped_again ? 0 : 1;
}

static void check_filtered(void)
{
    int status;
    pid_t child = fork();
    if (child == 0)
        _exit(be_filtered());
    waitpid(child, &status, 0);
    TAP_OK(status == 0, "where a filter ends who traces, nobody is ended");
}

/* Some containers and kernel.yama.ptrace_scope forbid what all of this rests on. */
static bool may_trace(void)
{
    int status;
    pid_t child = fork();
    if (child == 0)
        _exit(ptrace(PTRACE_SEIZE, getppid(), 0, 0) == 0 ? 0 : 1);
    waitpid(child, &status, 0);
    return status == 0;
}

int main(void)
{
    if (!may_trace()) {
        TAP_OK(true, "a child must not trace its parent here: nothing to test");
        return tap_done();
    }
    check_filtered(); /* in a child that has not asked yet */
    struct ffisan_others *others = stop();
    size_t n = 1;
    TAP_OK(others != NULL && ffisan_others_words(others, &n) && n == 0, "alone there is nobody");
    ffisan_others_resume(others);
    check_registers();
    check_calls();
    check_signals();
    check_children();
    check_traced();
    check_leader();
    return tap_done();
}
