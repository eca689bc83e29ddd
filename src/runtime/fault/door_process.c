/* SPDX-License-Identifier: MIT */
/* Processes, what they send each other, and what the kernel tells about itself. */
#include "runtime/fault/door.h"

#include "runtime/fault/signals.h"

#include <mqueue.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/types.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

/* clang-format off */

/* ---- New programs --------------------------------------------------------------------------- */

/* Returns only when the new program could not be started. */
#define DOOR_EXEC(name, parameters, arguments, ...)                                               \
    FFISAN_DOOR_OPEN(int, name, parameters)                                                       \
    {                                                                                             \
        static const char function[] = #name;                                                     \
        __VA_ARGS__;                                                                              \
        ffisan_signals_exec_begin();                                                              \
        int result = FFISAN_DOOR_REAL(int, name, parameters) arguments;                           \
        ffisan_signals_exec_failed();                                                             \
        return result;                                                                            \
    }

typedef char *const *strings;

DOOR_EXEC(execve, (const char *path, strings argv, strings envp), (path, argv, envp),
          TEXT(1, path); STRINGS(2, argv); STRINGS(3, envp))
DOOR_EXEC(execv, (const char *path, strings argv), (path, argv), TEXT(1, path); STRINGS(2, argv))
DOOR_EXEC(execvp, (const char *file, strings argv), (file, argv), TEXT(1, file); STRINGS(2, argv))
DOOR_EXEC(execvpe, (const char *file, strings argv, strings envp), (file, argv, envp),
          TEXT(1, file); STRINGS(2, argv); STRINGS(3, envp))
DOOR_EXEC(fexecve, (int fd, strings argv, strings envp), (fd, argv, envp),
          STRINGS(2, argv); STRINGS(3, envp))

/* clang-format on */

static int exec_list(const char *function, const char *path, strings argv, strings envp)
{
    TEXT(1, path);
    STRINGS(2, argv);
    STRINGS(3, envp);
    ffisan_signals_exec_begin();
    int result =
        strcmp(function, "execlp") == 0
            ? FFISAN_DOOR_REAL(int, execvp, (const char *, strings))(path, argv)
            : FFISAN_DOOR_REAL(int, execve, (const char *, strings, strings))(path, argv, envp);
    ffisan_signals_exec_failed();
    return result;
}

static size_t count_strings(const char *first, va_list arguments)
{
    size_t n = 0;
    for (const char *string = first; string; string = va_arg(arguments, char *))
        n++;
    return n;
}

/* libc as well puts the arguments into an array on the stack. */
#define DOOR_EXEC_LIST(name, environment)                                                          \
    FFISAN_EXPORT extern int door_##name(const char *, const char *, ...) __asm__(#name);          \
    int door_##name(const char *path, const char *first, ...)                                      \
    {                                                                                              \
        va_list arguments;                                                                         \
        va_start(arguments, first);                                                                \
        size_t n = count_strings(first, arguments);                                                \
        va_end(arguments);                                                                         \
        char *argv[n + 1];                                                                         \
        argv[0] = (char *)first;                                                                   \
        va_start(arguments, first);                                                                \
        for (size_t i = 1; i <= n; i++)                                                            \
            argv[i] = va_arg(arguments, char *);                                                   \
        char **envp = environment;                                                                 \
        va_end(arguments);                                                                         \
        return exec_list(#name, path, argv, envp);                                                 \
    }
DOOR_EXEC_LIST(execl, environ)
DOOR_EXEC_LIST(execlp, environ)
DOOR_EXEC_LIST(execle, va_arg(arguments, char **))

/* clang-format off */

#define DOOR_SPAWN(name)                                                                          \
    FFISAN_DOOR(int, name,                                                                        \
                (pid_t *pid, const char *path, const void *actions, const void *attributes,       \
                 strings argv, strings envp),                                                     \
                (pid, path, actions, attributes, argv, envp),                                     \
                TEXT(2, path); STRINGS(5, argv); STRINGS(6, envp))
DOOR_SPAWN(posix_spawn)
DOOR_SPAWN(posix_spawnp)

FFISAN_DOOR(int, system, (const char *command), (command), TEXT(1, command); STRINGS(0, environ))
FFISAN_DOOR(FILE *, popen, (const char *command, const char *mode), (command, mode),
            TEXT(1, command); STRINGS(0, environ))

/* ---- Old processes -------------------------------------------------------------------------- */

FFISAN_DOOR(pid_t, wait, (int *status), (status), OUT(1, status, sizeof(*status)))
FFISAN_DOOR(pid_t, waitpid, (pid_t pid, int *status, int options), (pid, status, options),
            OUT(2, status, sizeof(*status)))
FFISAN_DOOR(pid_t, wait3, (int *status, int options, struct rusage *usage),
            (status, options, usage),
            OUT(1, status, sizeof(*status)); OUT(3, usage, sizeof(*usage)))
FFISAN_DOOR(pid_t, wait4, (pid_t pid, int *status, int options, struct rusage *usage),
            (pid, status, options, usage),
            OUT(2, status, sizeof(*status)); OUT(4, usage, sizeof(*usage)))
FFISAN_DOOR(int, waitid, (int type, id_t id, siginfo_t *info, int options),
            (type, id, info, options), OUT(3, info, sizeof(*info)))
FFISAN_DOOR(int, getrusage, (int who, struct rusage *usage), (who, usage),
            OUT(2, usage, sizeof(*usage)))
FFISAN_DOOR(clock_t, times, (struct tms *usage), (usage), OUT(1, usage, sizeof(*usage)))

#define DOOR_GETRLIMIT(name)                                                                      \
    FFISAN_DOOR(int, name, (int resource, struct rlimit *limit), (resource, limit),               \
                OUT(2, limit, sizeof(*limit)))
DOOR_GETRLIMIT(getrlimit)
DOOR_GETRLIMIT(getrlimit64)

#define DOOR_SETRLIMIT(name)                                                                      \
    FFISAN_DOOR(int, name, (int resource, const struct rlimit *limit), (resource, limit),         \
                IN(2, limit, sizeof(*limit)))
DOOR_SETRLIMIT(setrlimit)
DOOR_SETRLIMIT(setrlimit64)

FFISAN_DOOR(int, getgroups, (int n, gid_t *groups), (n, groups),
            OUT(2, groups, (unsigned)n * sizeof(*groups)))
FFISAN_DOOR(int, __getgroups_chk, (int n, gid_t *groups, size_t room), (n, groups, room),
            OUT(2, groups, (unsigned)n * sizeof(*groups)))

/* ---- System and time ------------------------------------------------------------------------ */

FFISAN_DOOR(int, uname, (struct utsname *names), (names), OUT(1, names, sizeof(*names)))
FFISAN_DOOR(int, sysinfo, (struct sysinfo *info), (info), OUT(1, info, sizeof(*info)))
FFISAN_DOOR(ssize_t, getrandom, (void *data, size_t size, unsigned flags), (data, size, flags),
            OUT(1, data, size))
FFISAN_DOOR(int, getentropy, (void *data, size_t size), (data, size), OUT(1, data, size))

FFISAN_DOOR(int, clock_gettime, (clockid_t clock, struct timespec *value), (clock, value),
            OUT(2, value, sizeof(*value)))
FFISAN_DOOR(int, clock_getres, (clockid_t clock, struct timespec *value), (clock, value),
            OUT(2, value, sizeof(*value)))
FFISAN_DOOR(int, gettimeofday, (struct timeval *value, void *zone), (value, zone),
            OUT(1, value, sizeof(*value)); OUT(2, zone, FFISAN_DOOR_UNKNOWN))
FFISAN_DOOR(int, nanosleep, (const struct timespec *time, struct timespec *rest), (time, rest),
            IN(1, time, sizeof(*time)); OUT(2, rest, sizeof(*rest)))
FFISAN_DOOR(int, clock_nanosleep,
            (clockid_t clock, int flags, const struct timespec *time, struct timespec *rest),
            (clock, flags, time, rest), IN(3, time, sizeof(*time)); OUT(4, rest, sizeof(*rest)))
FFISAN_DOOR(int, getitimer, (int which, struct itimerval *value), (which, value),
            OUT(2, value, sizeof(*value)))
FFISAN_DOOR(int, setitimer,
            (int which, const struct itimerval *value, struct itimerval *old),
            (which, value, old), IN(2, value, sizeof(*value)); OUT(3, old, sizeof(*old)))

/* ---- Messages between processes ------------------------------------------------------------- */

FFISAN_DOOR(int, msgsnd, (int queue, const void *message, size_t size, int flags),
            (queue, message, size, flags), DATA(2, message, size + sizeof(long)))
FFISAN_DOOR(ssize_t, msgrcv, (int queue, void *message, size_t size, long type, int flags),
            (queue, message, size, type, flags), OUT(2, message, size + sizeof(long)))
FFISAN_DOOR(int, semop, (int set, struct sembuf *operations, size_t n), (set, operations, n),
            IN(2, operations, n * sizeof(*operations)))
FFISAN_DOOR(int, mq_send, (mqd_t queue, const char *data, size_t size, unsigned priority),
            (queue, data, size, priority), DATA(2, data, size))
FFISAN_DOOR(ssize_t, mq_receive, (mqd_t queue, char *data, size_t size, unsigned *priority),
            (queue, data, size, priority),
            OUT(2, data, size); OUT(4, priority, sizeof(*priority)))
