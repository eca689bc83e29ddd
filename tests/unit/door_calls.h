/* SPDX-License-Identifier: MIT */
/**
 * Calls of wrappers of the door with a stand-in, each checked for what the engine hears of it; and
 * which of all wrappers were called.
 */
#ifndef FFISAN_TEST_DOOR_CALLS_H
#define FFISAN_TEST_DOOR_CALLS_H

#include "base/real.h"
#include "door_dead.h"
#include "tap.h"

static const char *tested[400];
static size_t n_tested;

/* Functions by name only: arguments are passed as they are. */
#define CALL(name, argument, is_write, ...)                                                        \
    do {                                                                                           \
        extern long call_##name() __asm__(#name);                                                  \
        begin(#name);                                                                              \
        call_##name(__VA_ARGS__);                                                                  \
        finish(#name, argument, is_write);                                                         \
    } while (0)
#define IS_READ false
#define IS_WRITTEN true

static void begin(const char *name)
{
    if (n_tested == 0 || strcmp(tested[n_tested - 1], name) != 0)
        tested[n_tested++] = name;
    hit.n = 0;
    errno = 0;
}

static void finish(const char *name, unsigned argument, bool is_write)
{
    int error = errno;
    char what[128];
    bool is_named = hit.n > 0 && (strcmp(hit.function, name) == 0 || strstr(name, "_chk"));
    snprintf(what, sizeof(what), "%s: argument %u is %s", name, argument,
             is_write ? "written" : "read");
    if (!TAP_OK(hit.n == 1 && is_named && hit.argument == argument && hit.is_write == is_write &&
                    error != EFAULT && error != EXDEV,
                what))
        printf("# hits %u, %s argument %u write %d errno %d\n", hit.n,
               hit.n ? hit.function : "none", hit.argument, hit.is_write, error);
}

extern struct ffisan_real __start_ffisan_real[] __attribute__((visibility("hidden")));
extern struct ffisan_real __stop_ffisan_real[] __attribute__((visibility("hidden")));

/* The functions about signals and descriptors have tests of their own. */
static bool is_tested(const char *name)
{
    static const char *const others[] = {"sigaction",   "pthread_sigmask",
                                         "sigprocmask", "signal",
                                         "bsd_signal",  "ssignal",
                                         "sysv_signal", "__sysv_signal",
                                         "sigignore",   "sighold",
                                         "sigrelse",    "sigset",
                                         "sigsuspend",  "close",
                                         "closedir",    "pclose",
                                         "close_range", "closefrom",
                                         "dup",         "dup2",
                                         "dup3",        "fsync",
                                         "fdatasync",   "fchdir",
                                         "flock",       "fchmod",
                                         "fchown",      "listen",
                                         "shutdown",    "lseek",
                                         "lseek64",     "ftruncate",
                                         "ftruncate64", "mmap",
                                         "mmap64",      "fdopen",
                                         "fileno",      "fileno_unlocked",
                                         "munmap",      "mremap",
                                         "sigqueue",    "pthread_sigqueue",
                                         "timer_delete"};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        if (strcmp(others[i], name) == 0)
            return true;
    for (size_t i = 0; i < n_tested; i++)
        if (strcmp(tested[i], name) == 0)
            return true;
    return false;
}

static void test_complete(void)
{
    bool is_complete = true, is_real = true;
    for (struct ffisan_real *slot = __start_ffisan_real; slot < __stop_ffisan_real; slot++) {
        if (!is_tested(slot->name)) {
            printf("# %s has no test\n", slot->name);
            is_complete = false;
        }
        if (slot->address == ffisan_real_resolve(&(struct ffisan_real){"no such function", NULL})) {
            printf("# %s is not in libc\n", slot->name);
            is_real = false;
        }
    }
    TAP_OK(is_complete, "every wrapper has a test");
    TAP_OK(is_real, "every wrapped function exists");
}

#endif
