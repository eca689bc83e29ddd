/* SPDX-License-Identifier: MIT */
#include "cli/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { OUTPUT_MAX = 256 * 1024, STATUS_NOT_STARTED = 127 };

static void become(char *const *argv, unsigned timeout_seconds, int output)
{
    int empty = open("/dev/null", O_RDONLY | O_CLOEXEC);
    dup2(empty, STDIN_FILENO);
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    signal(SIGALRM, SIG_DFL);
    alarm(timeout_seconds);
    execvp(argv[0], argv);
    _exit(STATUS_NOT_STARTED);
}

static char *read_all(int fd)
{
    char *text = malloc(OUTPUT_MAX + 1), scrap[4096];
    size_t length = 0;
    for (;;) {
        char *to = text && length < OUTPUT_MAX ? text + length : scrap;
        size_t room = to == scrap ? sizeof(scrap) : OUTPUT_MAX - length;
        ssize_t n = read(fd, to, room);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        length += to == scrap ? 0 : (size_t)n;
    }
    if (text)
        text[length] = '\0';
    return text;
}

char *ffisan_capture(char *const *argv, unsigned timeout_seconds, int *ret_status)
{
    int fds[2], status = 0;
    if (pipe2(fds, O_CLOEXEC) != 0)
        return NULL;
    pid_t pid = fork();
    if (pid == 0)
        become(argv, timeout_seconds, fds[1]);
    close(fds[1]);
    char *text = pid > 0 ? read_all(fds[0]) : NULL;
    close(fds[0]);
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    int shell_status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    if (ret_status)
        *ret_status = shell_status;
    if (shell_status != STATUS_NOT_STARTED)
        return text;
    free(text);
    return NULL;
}
