/* SPDX-License-Identifier: MIT */
/**
 * Tests in children: what they write down and how they end.  A scenario runs in a fresh child; it
 * notes lines with note() and stops with MUST() when something is not as it must be.
 */
#ifndef FFISAN_TESTS_UNIT_CHILD_H
#define FFISAN_TESTS_UNIT_CHILD_H

#include "runtime/fault/signals.h"
#include "tap.h"

#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TRACE_SIZE = 16384 };

static int trace_fd = -1;

static void note(const char *format, ...) __attribute__((format(printf, 1, 2), unused));
static void note(const char *format, ...)
{
    char line[256];
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    if (trace_fd >= 0 && write(trace_fd, line, (size_t)n) != n)
        _exit(99);
}

#define MUST(condition)                                                                            \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            note("line %d: %s\n", __LINE__, #condition);                                           \
            _exit(97);                                                                             \
        }                                                                                          \
    } while (0)

static inline void note_mask(const char *what)
{
    sigset_t mask;
    pthread_sigmask(SIG_BLOCK, NULL, &mask);
    note("%s:", what);
    for (int signal = 1; signal < 65; signal++)
        if (sigismember(&mask, signal))
            note(" %d", signal);
    note("\n");
}

static inline void note_action(const char *what, int signal)
{
    struct sigaction action;
    memset(&action, 0, sizeof(action));
    note("%s: %d handler", what, sigaction(signal, NULL, &action));
    note(" %p flags %x restorer %d mask %lx\n", (void *)action.sa_handler, action.sa_flags,
         action.sa_restorer != NULL, action.sa_mask.__val[0]);
}

struct outcome {
    int status;
    char trace[TRACE_SIZE];
};

/** Runs a scenario, with our signal handler started or not. */
static inline void run_child(void (*scenario)(void), bool is_started, struct outcome *outcome)
{
    int fds[2];
    memset(outcome, 0, sizeof(*outcome));
    fflush(stdout);
    if (pipe(fds) != 0)
        abort();
    pid_t pid = fork();
    if (pid == 0) {
        struct rlimit none = {0, 0};
        setrlimit(RLIMIT_CORE, &none);
        alarm(20);
        trace_fd = fds[1];
        if (is_started && !ffisan_signals_start())
            _exit(98);
        scenario();
        _exit(0);
    }
    close(fds[1]);
    ssize_t n;
    size_t length = 0;
    while ((n = read(fds[0], outcome->trace + length, TRACE_SIZE - 1 - length)) > 0)
        length += (size_t)n;
    close(fds[0]);
    if (length == TRACE_SIZE - 1)
        kill(pid, SIGKILL); /* it notes without end */
    waitpid(pid, &outcome->status, 0);
}

/** The scenario must look the same with and without our handler. */
static inline void same(const char *name, void (*scenario)(void))
{
    static struct outcome plain, ours;
    run_child(scenario, false, &plain);
    run_child(scenario, true, &ours);
    bool ok = plain.status == ours.status && strcmp(plain.trace, ours.trace) == 0;
    if (!TAP_OK(ok, name))
        printf("# plain: status %#x\n%s\n# ours: status %#x\n%s\n", plain.status, plain.trace,
               ours.status, ours.trace);
}

/** The scenario must end with this status of wait(), our handler being started. */
static inline void ends(const char *name, void (*scenario)(void), int status)
{
    static struct outcome ours;
    run_child(scenario, true, &ours);
    if (!TAP_OK(ours.status == status, name))
        printf("# status %#x\n%s\n", ours.status, ours.trace);
}

#endif
