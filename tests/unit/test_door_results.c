/* SPDX-License-Identifier: MIT */
/* What a wrapper of the door must not change: results, flags, errno, cancellation, vfork. */
#include "door_dead.h"
#include "tap.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void test_results(void)
{
    char name[] = "/tmp/test_doorXXXXXX", content[64] = {0};
    int fd = mkstemp(name);
    struct iovec parts[20];
    void *volatile wild = (void *)0x10;
    for (int i = 0; i < 20; i++)
        parts[i] = (struct iovec){i == 17 ? T("QQ") : "ab", i == 3 ? 0 : 2};
    hit.n = 0;
    TAP_OK(writev(fd, parts, 20) == 38 && hit.n == 1, "writev writes all parts");
    TAP_OK(hit.size == 2 && hit.address == (uintptr_t)parts[17].iov_base, "the part is named");
    TAP_OK(pread(fd, content, 63, 0) == 38 && memcmp(content + 32, "QQabab", 6) == 0,
           "with the old content");
    char *target = D;
    TAP_OK(pread(fd, target, 4, 0) == 4 && memcmp(target, "abab", 4) == 0, "pread into a stand-in");
    errno = ERANGE;
    TAP_OK(write(fd, T("xyz"), 3) == 3 && errno == ERANGE, "errno survives a hit");
    hit.n = 0;
    TAP_OK(write(fd, D, 0) == 0 && hit.n == 0, "nothing is said of nothing");
    TAP_OK(read(fd, NULL, 0) == 0 && hit.n == 0, "nor of NULL");
    parts[0].iov_base = (void *)0x10;
    errno = 0;
    TAP_OK(writev(fd, wild, 2) == -1 && errno == EFAULT, "a wild vector is the kernel's");
    TAP_OK(sendmsg(fd, wild, 0) == -1 && errno != 0, "a wild message too");
    TAP_OK(execv("/bin/true", wild) == -1 && errno == EFAULT, "wild arguments too");
    close(fd);
    fd = open(name, O_RDWR | O_CREAT | O_EXCL, 0640);
    TAP_OK(fd == -1 && errno == EEXIST, "open passes its flags");
    unlink(name);
    fd = open(T(name), O_RDWR | O_CREAT | O_EXCL, 0640);
    struct stat *status = D;
    TAP_OK(fd >= 0 && fstat(fd, status) == 0 && (status->st_mode & 0777) == 0640,
           "open passes its mode");
    TAP_OK(fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 && fcntl(fd, F_GETFD) == FD_CLOEXEC,
           "fcntl passes its argument");
    TAP_OK(syscall(SYS_pread64, fd, D, 10L, 0L) == 0, "syscall returns what it did");
    unlink(name);
    close(fd);
}

static void *wait_for_data(void *argument)
{
    char byte;
    (void)!read(*(int *)argument, &byte, 1);
    return NULL;
}

static void test_cancellation(void)
{
    int fds[2];
    pthread_t thread;
    void *result;
    if (pipe(fds) != 0)
        abort();
    pthread_create(&thread, NULL, wait_for_data, &fds[0]);
    usleep(20000);
    pthread_cancel(thread);
    pthread_join(thread, &result);
    TAP_OK(result == PTHREAD_CANCELED, "a waiting read can be cancelled");
}

static volatile int in_child;

static void test_vfork(void)
{
    int status;
    char *argv[] = {T("sh"), "-c", T("exit 9"), NULL};
    const char *path = T("/bin/sh");
    pid_t pid = vfork();
    if (pid == 0) {
        in_child = 1;
        execv(path, argv);
        _exit(1);
    }
    waitpid(pid, &status, 0);
    TAP_OK(in_child && WIFEXITED(status) && WEXITSTATUS(status) == 9, "vfork and exec");
    pid = vfork();
    if (pid == 0) {
        execle("/bin/sh", "sh", "-c", "exit $((X+$1+$2))", "sh", T("3"), "4", (char *)NULL,
               (char *[]){T("X=5"), NULL});
        _exit(1);
    }
    waitpid(pid, &status, 0);
    TAP_OK(WIFEXITED(status) && WEXITSTATUS(status) == 12, "execle passes its arguments");
    pid = vfork();
    if (pid == 0) {
        execlp("sh", "sh", "-c", T("exit 7"), (char *)NULL);
        _exit(1);
    }
    waitpid(pid, &status, 0);
    TAP_OK(WIFEXITED(status) && WEXITSTATUS(status) == 7, "execlp searches");
}

static void test_closed_door(void)
{
    struct iovec wild = {(void *)0x10, 4};
    hit.n = 0;
    TAP_OK(write(-1, stand_ins, 4) == -1 && errno == EBADF && hit.n == 0,
           "no stand-ins, no questions");
    TAP_OK(writev(1, &wild, 1) == -1 && errno == EFAULT, "no stand-ins, wild addresses");
}

/* ---- What epoll keeps ------------------------------------------------------------------------- */

static struct {
    int epoll, fd, removed, first, last;
    uint64_t word;
    unsigned n_kept;
} kept;

static void note_kept(int epoll, int fd, uint64_t word, uintptr_t pc, uintptr_t sp)
{
    (void)pc, (void)sp;
    kept.epoll = epoll;
    kept.fd = fd;
    kept.word = word;
    kept.n_kept++;
}

static void note_removed(int fd)
{
    kept.removed = fd;
}

static void note_closing(int first, int last)
{
    kept.first = first;
    kept.last = last;
}

static void note_returned(struct epoll_event *events, int n)
{
    for (int i = 0; i < n; i++)
        events[i].data.u64 += 5;
}

static void test_epoll(void)
{
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = 1000};
    const struct timespec at_once = {0, 0};
    int fds[2], epoll = epoll_create1(0);
    TAP_OK(pipe(fds) == 0 && write(fds[1], "x", 1) == 1, "a pipe that is ready");
    ffisan_door_keeper = (struct ffisan_door_keeper){.kept = note_kept,
                                                     .removed = note_removed,
                                                     .closing = note_closing,
                                                     .returned = note_returned};
    TAP_OK(epoll_ctl(epoll, EPOLL_CTL_ADD, fds[0], &event) == 0 && kept.epoll == epoll &&
               kept.fd == fds[0] && kept.word == 1000,
           "what is registered is told");
    TAP_OK(epoll_ctl(epoll, EPOLL_CTL_ADD, fds[0], &event) == -1 && errno == EEXIST &&
               kept.n_kept == 1,
           "what failed is not");
    TAP_OK(epoll_wait(epoll, &event, 1, 0) == 1 && event.data.u64 == 1005,
           "what an event brings can be replaced");
    TAP_OK(epoll_pwait(epoll, &event, 1, 0, NULL) == 1 && event.data.u64 == 1005, "by epoll_pwait");
    TAP_OK(epoll_pwait2(epoll, &event, 1, &at_once, NULL) == 1 && event.data.u64 == 1005,
           "and epoll_pwait2");
    TAP_OK(syscall(SYS_epoll_pwait, epoll, &event, 1, 0, NULL, 8) == 1 && event.data.u64 == 1005,
           "and by the number of the system call");
    TAP_OK(epoll_ctl(epoll, EPOLL_CTL_DEL, fds[0], NULL) == 0 && kept.removed == fds[0],
           "what is taken out is told");
    event = (struct epoll_event){.events = EPOLLIN, .data.u64 = 2000};
    TAP_OK(syscall(SYS_epoll_ctl, epoll, EPOLL_CTL_ADD, fds[0], &event) == 0 && kept.word == 2000,
           "what is registered by number, too");
    close(epoll);
    TAP_OK(kept.first == epoll && kept.last == epoll, "and what is closed");
    ffisan_door_keeper = (struct ffisan_door_keeper){.kept = NULL};
    close(fds[0]);
    close(fds[1]);
}

static volatile struct { /* signal.h says that its functions call nobody back */
    uintptr_t key;
    uint64_t word, queued;
} held;

static void note_held(uintptr_t key, uint64_t word)
{
    held.key = key;
    held.word = word;
}

static void note_queued(uint64_t word)
{
    held.queued = word;
}

static void test_held(void)
{
    static char room[65536], something;
    stack_t stack = {.ss_sp = room, .ss_size = sizeof(room)};
    struct sigevent event = {.sigev_notify = SIGEV_NONE, .sigev_value.sival_ptr = &something};
    const union sigval value = {.sival_ptr = &something};
    timer_t timer;
    ffisan_door_keeper = (struct ffisan_door_keeper){.holds = note_held, .queued = note_queued};
    TAP_OK(sigaltstack(&stack, NULL) == 0 && held.word == (uintptr_t)room,
           "the stack of signal handlers is told");
    uintptr_t key = held.key;
    stack.ss_flags = SS_DISABLE;
    TAP_OK(sigaltstack(&stack, NULL) == 0 && held.word == 0 && held.key == key,
           "and that it is no more");
    TAP_OK(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0 && held.key != key &&
               held.word == (uintptr_t)&something,
           "the value of a timer is told");
    key = held.key;
    TAP_OK(timer_delete(timer) == 0 && held.word == 0 && held.key == key, "and that it is gone");
    signal(SIGUSR1, SIG_IGN);
    TAP_OK(sigqueue(getpid(), SIGUSR1, value) == 0 && held.queued == (uintptr_t)&something,
           "the value of a signal is told");
    held.queued = 0;
    TAP_OK(pthread_sigqueue(pthread_self(), SIGUSR1, value) == 0 && held.queued != 0,
           "also of a thread's");
    ffisan_door_keeper = (struct ffisan_door_keeper){.holds = NULL};
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    make_stand_ins();
    test_closed_door();
    open_door();
    test_results();
    test_cancellation();
    test_vfork();
    test_epoll();
    test_held();
    return tap_done();
}
