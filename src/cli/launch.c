/* SPDX-License-Identifier: MIT */
/*
 * Signals from the terminal reach the whole process group, so the program has them already; only
 * what somebody sent to this process is passed on.  What this process ignores since its start
 * stays ignored in both, and the program starts with the mask and the actions that we were given.
 */
#include "cli/launch.h"

#include "cli/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const int passed_on[] = {SIGHUP,  SIGINT,   SIGQUIT, SIGTERM, SIGUSR1,
                                SIGUSR2, SIGWINCH, SIGALRM, SIGPIPE};
enum { N_PASSED_ON = sizeof(passed_on) / sizeof(*passed_on) };

/* For the signal handler: there is one launch at a time. */
static volatile sig_atomic_t child_pid;
static volatile sig_atomic_t last_forward;
static volatile sig_atomic_t hup_becomes_quit;

/* What is put back before the program starts. */
struct saved_signals {
    sigset_t mask;
    struct sigaction actions[N_PASSED_ON];
    struct sigaction child_action;
};

static bool is_program(const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return false;
    if (S_ISDIR(st.st_mode)) {
        errno = EISDIR;
        return false;
    }
    return access(path, X_OK) == 0;
}

/* errno says what is wrong with the best candidate. */
char *ffisan_launch_resolve(const char *program)
{
    if (strchr(program, '/'))
        return is_program(program) ? ffisan_fs_format("%s", program) : NULL;
    const char *path = getenv("PATH");
    char *directories = ffisan_fs_format("%s", path ? path : "/bin:/usr/bin");
    char *rest = directories, *directory, *found = NULL;
    int error = ENOENT;
    while (!found && *program && (directory = strsep(&rest, ":"))) {
        char *candidate = ffisan_fs_format("%s/%s", *directory ? directory : ".", program);
        if (is_program(candidate)) {
            found = candidate;
            break;
        }
        error = errno == EACCES ? EACCES : error;
        free(candidate);
    }
    free(directories);
    errno = error;
    return found;
}

static bool cannot_start(const char *program, int error, struct ffisan_failure *failure)
{
    if (error == ENOENT || error == ENOTDIR)
        return ffisan_failure_set(failure, FFISAN_EXIT_NOT_FOUND, "cannot find the program '%s'",
                                  program);
    return ffisan_failure_set(failure, FFISAN_EXIT_NOT_EXECUTABLE, "cannot execute '%s': %s",
                              program, strerror(error));
}

bool ffisan_launch_check(const char *program, struct ffisan_failure *failure)
{
    char *path = ffisan_launch_resolve(program);
    if (!path)
        return cannot_start(program, errno, failure);
    free(path);
    return true;
}

static void pass_on(int signal, siginfo_t *info, void *context)
{
    (void)context;
    pid_t pid = (pid_t)child_pid;
    bool was_sent = info->si_code <= 0; /* SI_USER and its kin; not the kernel's */
    if (pid <= 0 || !was_sent || info->si_pid == pid)
        return;
    int error = errno;
    last_forward = signal;
    kill(pid, signal == SIGHUP && hup_becomes_quit ? SIGQUIT : signal);
    errno = error;
}

static void save_signals(struct saved_signals *saved)
{
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &saved->mask);

    struct sigaction action = {.sa_sigaction = pass_on, .sa_flags = SA_SIGINFO | SA_RESTART};
    sigfillset(&action.sa_mask);
    for (size_t i = 0; i < N_PASSED_ON; i++) {
        sigaction(passed_on[i], NULL, &saved->actions[i]);
        if (saved->actions[i].sa_handler != SIG_IGN)
            sigaction(passed_on[i], &action, NULL);
    }
    struct sigaction normal = {.sa_handler = SIG_DFL};
    sigaction(SIGCHLD, &normal, &saved->child_action);
}

static void restore_signals(const struct saved_signals *saved)
{
    for (size_t i = 0; i < N_PASSED_ON; i++)
        sigaction(passed_on[i], &saved->actions[i], NULL);
    sigaction(SIGCHLD, &saved->child_action, NULL);
    sigprocmask(SIG_SETMASK, &saved->mask, NULL);
}

static void become_program(char *const *argv, const struct saved_signals *saved, int error_fd)
{
    restore_signals(saved);
    execvp(argv[0], argv);
    int error = errno;
    ssize_t written = write(error_fd, &error, sizeof(error));
    (void)written;
    _exit(FFISAN_EXIT_OWN);
}

/* 0 when the program is running, else the errno of its exec. */
static int read_exec_error(int fd)
{
    int error = 0;
    ssize_t n;
    do
        n = read(fd, &error, sizeof(error));
    while (n < 0 && errno == EINTR);
    close(fd);
    return n == (ssize_t)sizeof(error) ? error : 0;
}

/* The handler is off before the pid is given back to the system. */
static int wait_for(pid_t pid)
{
    siginfo_t info;
    while (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) != 0 && errno == EINTR)
        ;
    child_pid = 0;
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static pid_t start(char *const *argv, int *ret_error, struct saved_signals *saved)
{
    int fds[2];
    if (pipe2(fds, O_CLOEXEC) != 0) {
        *ret_error = errno;
        return -1;
    }
    pid_t pid = fork();
    *ret_error = errno;
    if (pid == 0)
        become_program(argv, saved, fds[1]);
    close(fds[1]);
    if (pid < 0)
        close(fds[0]);
    else
        *ret_error = read_exec_error(fds[0]);
    return pid;
}

bool ffisan_launch(char *const *argv, bool hup_is_quit, struct ffisan_launch_result *ret_result,
                   struct ffisan_failure *failure)
{
    struct saved_signals saved;
    hup_becomes_quit = hup_is_quit;
    last_forward = 0;
    save_signals(&saved);

    int error;
    pid_t pid = start(argv, &error, &saved);
    if (pid < 0) {
        restore_signals(&saved);
        return ffisan_failure_set(failure, FFISAN_EXIT_OWN, "cannot start '%s': %s", argv[0],
                                  strerror(error));
    }
    child_pid = pid;
    sigset_t mask = saved.mask;
    for (size_t i = 0; i < N_PASSED_ON; i++)
        sigdelset(&mask, passed_on[i]);
    sigprocmask(SIG_SETMASK, &mask, NULL);
    ret_result->status = wait_for(pid);
    ret_result->last_forward = last_forward;
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    if (error == ENOENT)
        return ffisan_failure_set(failure, FFISAN_EXIT_NOT_FOUND,
                                  "cannot execute '%s': its interpreter is missing", argv[0]);
    return error == 0 || cannot_start(argv[0], error, failure);
}
