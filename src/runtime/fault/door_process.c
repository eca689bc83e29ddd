/* SPDX-License-Identifier: MIT */
/* Processes, and what the kernel tells about itself. */
#include "runtime/fault/door.h"

#include "runtime/fault/signals.h"

#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/types.h>
#include <sys/utsname.h>
#include <time.h>

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

/* libc puts the arguments of these into an array as well, on the stack of a child of vfork if need be. */
static size_t count_strings(va_list arguments)
{
    size_t n = 1;
    while (va_arg(arguments, char *) != NULL)
        n++;
    return n;
}

/* clang-format on */
#define DOOR_EXEC_LIST(name, function_type, has_environment, run)                                 \
    FFISAN_DOOR_OPEN(int, name, (const char *path, const char *first, ...))                       \
    {                                                                                             \
        va_list arguments;                                                                        \
        va_start(arguments, first);                                                               \
        size_t n = first ? count_strings(arguments) : 0;                                          \
        va_end(arguments);                                                                        \
        char *argv[n + 1];                                                                        \
        argv[0] = (char *)first;                                                                  \
        va_start(arguments, first);                                                               \
        for (size_t i = 1; i <= n; i++)                                                           \
            argv[i] = va_arg(arguments, char *);                                                  \
        char **envp = has_environment ? va_arg(arguments, char **) : environ;                     \
        va_end(arguments);                                                                        \
        return run(#name, path, argv, envp);                                                      \
    }

#define DOOR_SPAWN(name)                                                                          \
    FFISAN_DOOR(int, name,                                                                        \
                (pid_t *pid, const char *path, const void *actions, const void *attributes,       \
                 strings argv, strings envp),                                                     \
                (pid, path, actions, attributes, argv, envp),                                     \
                TEXT(2, path); STRINGS(5, argv); STRINGS(6, envp))
DOOR_SPAWN(posix_spawn)
DOOR_SPAWN(posix_spawnp)

FFISAN_DOOR(int, system, (const char *command), (command), TEXT(1, command))
FFISAN_DOOR(FILE *, popen, (const char *command, const char *mode), (command, mode),
            TEXT(1, command))

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
FFISAN_DOOR(int, sigaltstack, (const stack_t *stack, stack_t *old), (stack, old),
            IN(1, stack, sizeof(*stack)); OUT(2, old, sizeof(*old)))

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
