/* SPDX-License-Identifier: MIT */
/*
 * Every wrapper is called with a stand-in for every pointer that the kernel would get.  The engine
 * must hear of it, with the function and the argument, and the call must not end in EFAULT.  A list
 * of all wrappers, kept by the linker, shows the ones that were forgotten here.
 */
#include "door_calls.h"

#include <aio.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>

static long none = -1;
#define BAD none /* a descriptor that is not open */
#define MISSING "/nonexistent/file"

static void test_bytes(void)
{
    struct iovec vector = {NULL, 16};
    long size = 16, zero = 0;
#define LIVE_VECTOR (vector.iov_base = D, &vector)
#define DEAD_VECTOR (vector.iov_base = malloc(16), dead(&vector, sizeof(vector)))
    CALL(read, 2, IS_WRITTEN, BAD, D, size);
    CALL(__read_chk, 2, IS_WRITTEN, BAD, D, size, size);
    CALL(write, 2, IS_READ, BAD, D, size);
    CALL(pread, 2, IS_WRITTEN, BAD, D, size, zero);
    CALL(pread64, 2, IS_WRITTEN, BAD, D, size, zero);
    CALL(__pread_chk, 2, IS_WRITTEN, BAD, D, size, zero, size);
    CALL(__pread64_chk, 2, IS_WRITTEN, BAD, D, size, zero, size);
    CALL(pwrite, 2, IS_READ, BAD, D, size, zero);
    CALL(pwrite64, 2, IS_READ, BAD, D, size, zero);
    CALL(readv, 2, IS_WRITTEN, BAD, LIVE_VECTOR, 1L);
    CALL(readv, 2, IS_READ, BAD, DEAD_VECTOR, 1L);
    CALL(writev, 2, IS_READ, BAD, LIVE_VECTOR, 1L);
    CALL(writev, 2, IS_READ, BAD, DEAD_VECTOR, 1L);
    CALL(preadv, 2, IS_WRITTEN, BAD, LIVE_VECTOR, 1L, zero);
    CALL(preadv64, 2, IS_WRITTEN, BAD, LIVE_VECTOR, 1L, zero);
    CALL(pwritev, 2, IS_READ, BAD, LIVE_VECTOR, 1L, zero);
    CALL(pwritev64, 2, IS_READ, BAD, LIVE_VECTOR, 1L, zero);
    CALL(preadv2, 2, IS_WRITTEN, BAD, LIVE_VECTOR, 1L, zero, zero);
    CALL(preadv64v2, 2, IS_WRITTEN, BAD, LIVE_VECTOR, 1L, zero, zero);
    CALL(pwritev2, 2, IS_READ, BAD, LIVE_VECTOR, 1L, zero, zero);
    CALL(pwritev64v2, 2, IS_READ, BAD, LIVE_VECTOR, 1L, zero, zero);
    CALL(vmsplice, 2, IS_READ, BAD, LIVE_VECTOR, 1L, zero);
    CALL(sendfile, 3, IS_WRITTEN, BAD, BAD, D, size);
    CALL(sendfile64, 3, IS_WRITTEN, BAD, BAD, D, size);
    CALL(splice, 2, IS_WRITTEN, BAD, D, BAD, zero, size, zero);
    CALL(splice, 4, IS_WRITTEN, BAD, zero, BAD, D, size, zero);
    CALL(copy_file_range, 2, IS_WRITTEN, BAD, D, BAD, zero, size, zero);
    CALL(copy_file_range, 4, IS_WRITTEN, BAD, zero, BAD, D, size, zero);
    CALL(pipe, 1, IS_WRITTEN, D);
    CALL(pipe2, 1, IS_WRITTEN, D, zero);
    CALL(getdents64, 2, IS_WRITTEN, BAD, D, size);
    CALL(eventfd_read, 2, IS_WRITTEN, BAD, D);
    CALL(timerfd_settime, 3, IS_READ, BAD, zero, D, zero);
    CALL(timerfd_settime, 4, IS_WRITTEN, BAD, zero, &vector, D);
    CALL(timerfd_gettime, 2, IS_WRITTEN, BAD, D);
    CALL(ioctl, 3, IS_WRITTEN, BAD, 0x5401L, D);
    CALL(ioctl, 3, IS_READ, BAD, 0x400c5480L, D);
    CALL(fcntl, 3, IS_READ, BAD, (long)F_SETLK, D);
    CALL(fcntl, 3, IS_WRITTEN, BAD, (long)F_GETLK, D);
    CALL(fcntl64, 3, IS_WRITTEN, BAD, (long)F_GETLK, D);
    CALL(syscall, 3, IS_WRITTEN, (long)SYS_read, BAD, D, size);
    CALL(syscall, 2, IS_WRITTEN, (long)SYS_uname, D);
    CALL(syscall, 7, IS_WRITTEN, (long)SYS_recvfrom, BAD, zero, zero, zero, zero, D);
}

static void test_waiting(void)
{
    long zero = 0, one = 1;
    struct timespec soon = {0, 0};
    struct timeval now = {0, 0};
    char spare[512] = {0};
    CALL(select, 2, IS_WRITTEN, one, D, zero, zero, &now);
    CALL(select, 3, IS_WRITTEN, one, zero, D, zero, &now);
    CALL(select, 4, IS_WRITTEN, one, zero, zero, D, &now);
    CALL(select, 5, IS_WRITTEN, zero, zero, zero, zero, D);
    CALL(pselect, 2, IS_WRITTEN, one, D, zero, zero, &soon, zero);
    CALL(pselect, 3, IS_WRITTEN, one, zero, D, zero, &soon, spare);
    CALL(pselect, 4, IS_WRITTEN, one, zero, zero, D, &soon, zero);
    CALL(poll, 1, IS_WRITTEN, D, one, zero);
    CALL(__poll_chk, 1, IS_WRITTEN, D, one, zero, 64L);
    CALL(ppoll, 1, IS_WRITTEN, D, one, &soon, spare);
    CALL(__ppoll_chk, 1, IS_WRITTEN, D, one, &soon, zero, 64L);
    CALL(epoll_wait, 2, IS_WRITTEN, BAD, D, one, zero);
    CALL(epoll_pwait, 2, IS_WRITTEN, BAD, D, one, zero, spare);
    CALL(epoll_pwait2, 2, IS_WRITTEN, BAD, D, one, &soon, spare);
    CALL(epoll_ctl, 4, IS_READ, BAD, (long)EPOLL_CTL_ADD, BAD, D);
}

static void test_sockets(void)
{
    struct iovec part = {D, 16};
    struct mmsghdr message;
    long size = 16, zero = 0;
    int length = 16;
#define MESSAGE(...) (message = (struct mmsghdr){.msg_hdr = {__VA_ARGS__}}, &message)
#define LIVE_PART (part.iov_base = malloc(16), &part)
#define DEAD_PART (part.iov_base = D, &part)
    CALL(socketpair, 4, IS_WRITTEN, (long)AF_UNIX, (long)SOCK_STREAM, zero, D);
    CALL(bind, 2, IS_READ, BAD, D, size);
    CALL(connect, 2, IS_READ, BAD, D, size);
    CALL(accept, 2, IS_WRITTEN, BAD, D, &length);
    CALL(accept, 3, IS_WRITTEN, BAD, &part, D);
    CALL(accept4, 2, IS_WRITTEN, BAD, D, &length, zero);
    CALL(accept4, 3, IS_WRITTEN, BAD, &part, D, zero);
    CALL(getsockname, 2, IS_WRITTEN, BAD, D, &length);
    CALL(getsockname, 3, IS_WRITTEN, BAD, &part, D);
    CALL(getpeername, 2, IS_WRITTEN, BAD, D, &length);
    CALL(getsockopt, 4, IS_WRITTEN, BAD, (long)SOL_SOCKET, (long)SO_TYPE, D, &length);
    CALL(getsockopt, 5, IS_WRITTEN, BAD, (long)SOL_SOCKET, (long)SO_TYPE, &part, D);
    CALL(setsockopt, 4, IS_READ, BAD, (long)SOL_SOCKET, (long)SO_SNDBUF, D, size);
    CALL(send, 2, IS_READ, BAD, D, size, zero);
    CALL(sendto, 2, IS_READ, BAD, D, size, zero, zero, zero);
    CALL(sendto, 5, IS_READ, BAD, &part, size, zero, D, size);
    CALL(recv, 2, IS_WRITTEN, BAD, D, size, zero);
    CALL(__recv_chk, 2, IS_WRITTEN, BAD, D, size, size, zero);
    CALL(recvfrom, 2, IS_WRITTEN, BAD, D, size, zero, zero, zero);
    CALL(recvfrom, 5, IS_WRITTEN, BAD, &part, size, zero, D, &length);
    CALL(recvfrom, 6, IS_WRITTEN, BAD, &part, size, zero, &part, D);
    CALL(__recvfrom_chk, 2, IS_WRITTEN, BAD, D, size, size, zero, zero, zero);
    CALL(__recvfrom_chk, 6, IS_WRITTEN, BAD, &part, size, size, zero, D, &length);
    CALL(sendmsg, 2, IS_READ, BAD, MESSAGE(.msg_iov = DEAD_PART, .msg_iovlen = 1), zero);
    CALL(sendmsg, 2, IS_READ, BAD, MESSAGE(.msg_name = D, .msg_namelen = 16), zero);
    CALL(sendmsg, 2, IS_READ, BAD, MESSAGE(.msg_control = D, .msg_controllen = 32), zero);
    CALL(sendmsg, 2, IS_READ, BAD,
         MESSAGE(.msg_iov = dead(LIVE_PART, sizeof(part)), .msg_iovlen = 1), zero);
    CALL(sendmsg, 2, IS_READ, BAD,
         dead(MESSAGE(.msg_iov = LIVE_PART, .msg_iovlen = 1), sizeof(message)), zero);
    CALL(recvmsg, 2, IS_WRITTEN, BAD, MESSAGE(.msg_iov = DEAD_PART, .msg_iovlen = 1), zero);
    CALL(sendmmsg, 2, IS_READ, BAD, MESSAGE(.msg_iov = DEAD_PART, .msg_iovlen = 1), 1L, zero);
    CALL(recvmmsg, 2, IS_WRITTEN, BAD, MESSAGE(.msg_iov = DEAD_PART, .msg_iovlen = 1), 1L, zero,
         zero);
    CALL(recvmmsg, 5, IS_WRITTEN, BAD, MESSAGE(.msg_iov = LIVE_PART, .msg_iovlen = 1), 1L, zero, D);
}

static void test_opening(void)
{
    long flags = O_RDONLY, here = AT_FDCWD;
    CALL(open, 1, IS_READ, T(MISSING), flags);
    CALL(open64, 1, IS_READ, T(MISSING), flags);
    CALL(openat, 2, IS_READ, here, T(MISSING), flags);
    CALL(openat64, 2, IS_READ, here, T(MISSING), flags);
    CALL(__open_2, 1, IS_READ, T(MISSING), flags);
    CALL(__open64_2, 1, IS_READ, T(MISSING), flags);
    CALL(__openat_2, 2, IS_READ, here, T(MISSING), flags);
    CALL(__openat64_2, 2, IS_READ, here, T(MISSING), flags);
    CALL(creat, 1, IS_READ, T(MISSING), 0600L);
    CALL(creat64, 1, IS_READ, T(MISSING), 0600L);
    CALL(opendir, 1, IS_READ, T(MISSING));
    CALL(scandir, 1, IS_READ, T(MISSING), &here, 0L, 0L);
    CALL(scandir64, 1, IS_READ, T(MISSING), &here, 0L, 0L);
    CALL(fopen, 1, IS_READ, T(MISSING), "r");
    CALL(fopen64, 1, IS_READ, T(MISSING), "r");
    CALL(freopen, 1, IS_READ, T(MISSING), "r", fopen("/dev/null", "r"));
    CALL(freopen64, 1, IS_READ, T(MISSING), "r", fopen("/dev/null", "r"));
}

static void test_names(void)
{
    long here = AT_FDCWD, zero = 0;
    CALL(unlink, 1, IS_READ, T(MISSING));
    CALL(rmdir, 1, IS_READ, T(MISSING));
    CALL(remove, 1, IS_READ, T(MISSING));
    CALL(chdir, 1, IS_READ, T(MISSING));
    CALL(chroot, 1, IS_READ, T(MISSING));
    CALL(access, 1, IS_READ, T(MISSING), zero);
    CALL(euidaccess, 1, IS_READ, T(MISSING), zero);
    CALL(eaccess, 1, IS_READ, T(MISSING), zero);
    CALL(mkdir, 1, IS_READ, T(MISSING), zero);
    CALL(mkfifo, 1, IS_READ, T(MISSING), zero);
    CALL(chmod, 1, IS_READ, T(MISSING), zero);
    CALL(lchmod, 1, IS_READ, T(MISSING), zero);
    CALL(unlinkat, 2, IS_READ, here, T(MISSING), zero);
    CALL(mkdirat, 2, IS_READ, here, T(MISSING), zero);
    CALL(mkfifoat, 2, IS_READ, here, T(MISSING), zero);
    CALL(faccessat, 2, IS_READ, here, T(MISSING), zero, zero);
    CALL(fchmodat, 2, IS_READ, here, T(MISSING), zero, zero);
    CALL(chown, 1, IS_READ, T(MISSING), zero, zero);
    CALL(lchown, 1, IS_READ, T(MISSING), zero, zero);
    CALL(fchownat, 2, IS_READ, here, T(MISSING), zero, zero, zero);
    CALL(mknod, 1, IS_READ, T(MISSING), zero, zero);
    CALL(mknodat, 2, IS_READ, here, T(MISSING), zero, zero);
    CALL(truncate, 1, IS_READ, T(MISSING), zero);
    CALL(truncate64, 1, IS_READ, T(MISSING), zero);
    CALL(inotify_add_watch, 2, IS_READ, BAD, T(MISSING), 1L);
    CALL(rename, 1, IS_READ, T(MISSING), MISSING);
    CALL(rename, 2, IS_READ, MISSING, T(MISSING));
    CALL(link, 1, IS_READ, T(MISSING), MISSING);
    CALL(link, 2, IS_READ, MISSING, T(MISSING));
    CALL(symlink, 1, IS_READ, T(MISSING), MISSING);
    CALL(symlink, 2, IS_READ, MISSING, T(MISSING));
    CALL(renameat, 2, IS_READ, here, T(MISSING), here, MISSING);
    CALL(renameat, 4, IS_READ, here, MISSING, here, T(MISSING));
    CALL(renameat2, 2, IS_READ, here, T(MISSING), here, MISSING, zero);
    CALL(renameat2, 4, IS_READ, here, MISSING, here, T(MISSING), zero);
    CALL(linkat, 2, IS_READ, here, T(MISSING), here, MISSING, zero);
    CALL(linkat, 4, IS_READ, here, MISSING, here, T(MISSING), zero);
    CALL(symlinkat, 1, IS_READ, T(MISSING), here, MISSING);
    CALL(symlinkat, 3, IS_READ, MISSING, here, T(MISSING));
    CALL(readlink, 1, IS_READ, T("/proc/self/exe"), &(char[64]){0}, 64L);
    CALL(readlink, 2, IS_WRITTEN, "/proc/self/exe", D, 64L);
    CALL(__readlink_chk, 2, IS_WRITTEN, "/proc/self/exe", D, 64L, 64L);
    CALL(readlinkat, 2, IS_READ, here, T("/proc/self/exe"), &(char[64]){0}, 64L);
    CALL(readlinkat, 3, IS_WRITTEN, here, "/proc/self/exe", D, 64L);
    CALL(__readlinkat_chk, 3, IS_WRITTEN, here, "/proc/self/exe", D, 64L, 64L);
    CALL(getcwd, 1, IS_WRITTEN, D, 512L);
    CALL(__getcwd_chk, 1, IS_WRITTEN, D, 512L, 512L);
}

static void test_status(void)
{
    long here = AT_FDCWD, zero = 0, one = 1;
    static char room[1024];
#define BY_PATH(name)                                                                              \
    CALL(name, 1, IS_READ, T("/"), room);                                                          \
    CALL(name, 2, IS_WRITTEN, "/", D)
    BY_PATH(stat);
    BY_PATH(stat64);
    BY_PATH(lstat);
    BY_PATH(lstat64);
    BY_PATH(statfs);
    BY_PATH(statfs64);
    CALL(statvfs, 1, IS_READ, T("/"), room);
    CALL(statvfs64, 1, IS_READ, T("/"), room);
    CALL(fstat, 2, IS_WRITTEN, one, D);
    CALL(fstat64, 2, IS_WRITTEN, one, D);
    CALL(fstatfs, 2, IS_WRITTEN, one, D);
    CALL(fstatfs64, 2, IS_WRITTEN, one, D);
    CALL(fstatat, 2, IS_READ, here, T("/"), room, zero);
    CALL(fstatat, 3, IS_WRITTEN, here, "/", D, zero);
    CALL(fstatat64, 3, IS_WRITTEN, here, "/", D, zero);
    CALL(__xstat, 2, IS_READ, one, T("/"), room);
    CALL(__xstat, 3, IS_WRITTEN, one, "/", D);
    CALL(__xstat64, 3, IS_WRITTEN, one, "/", D);
    CALL(__lxstat, 3, IS_WRITTEN, one, "/", D);
    CALL(__lxstat64, 3, IS_WRITTEN, one, "/", D);
    CALL(__fxstat, 3, IS_WRITTEN, one, one, D);
    CALL(__fxstat64, 3, IS_WRITTEN, one, one, D);
    CALL(__fxstatat, 3, IS_READ, one, here, T("/"), room, zero);
    CALL(__fxstatat, 4, IS_WRITTEN, one, here, "/", D, zero);
    CALL(__fxstatat64, 4, IS_WRITTEN, one, here, "/", D, zero);
    CALL(statx, 2, IS_READ, here, T("/"), zero, zero, room);
    CALL(statx, 5, IS_WRITTEN, here, "/", zero, zero, D);
    CALL(utime, 1, IS_READ, T(MISSING), zero);
    CALL(utime, 2, IS_READ, MISSING, D);
    CALL(utimes, 1, IS_READ, T(MISSING), zero);
    CALL(utimes, 2, IS_READ, MISSING, D);
    CALL(lutimes, 2, IS_READ, MISSING, D);
    CALL(futimesat, 2, IS_READ, here, T(MISSING), zero);
    CALL(futimesat, 3, IS_READ, here, MISSING, D);
    CALL(utimensat, 2, IS_READ, here, T(MISSING), zero, zero);
    CALL(utimensat, 3, IS_READ, here, MISSING, D, zero);
    CALL(futimens, 2, IS_READ, BAD, D);
    CALL(getxattr, 1, IS_READ, T("/"), "user.x", room, 10L);
    CALL(getxattr, 2, IS_READ, "/", T("user.x"), room, 10L);
    CALL(getxattr, 3, IS_WRITTEN, "/", "user.x", D, 10L);
    CALL(lgetxattr, 3, IS_WRITTEN, "/", "user.x", D, 10L);
    CALL(fgetxattr, 2, IS_READ, BAD, T("user.x"), room, 10L);
    CALL(setxattr, 3, IS_READ, MISSING, "user.x", D, 10L, zero);
    CALL(lsetxattr, 3, IS_READ, MISSING, "user.x", D, 10L, zero);
    CALL(fsetxattr, 3, IS_READ, BAD, "user.x", D, 10L, zero);
}

/* A stream whose buffer the program has freed. */
static FILE *dead_stream(const char *path, const char *mode)
{
    FILE *stream = fopen(path, mode);
    setvbuf(stream, D, _IOFBF, 512);
    return stream;
}

static void test_streams(void)
{
    static char room[1024], *line;
    static size_t line_size;
    FILE *zeros = fopen("/dev/zero", "r"), *sink = fopen("/dev/null", "w");
    CALL(fread, 1, IS_WRITTEN, D, 1L, 64L, zeros);
    CALL(fread, 4, IS_WRITTEN, room, 1L, 64L, dead_stream("/dev/zero", "r"));
    CALL(fread_unlocked, 1, IS_WRITTEN, D, 1L, 64L, zeros);
    CALL(__fread_chk, 1, IS_WRITTEN, D, 512L, 1L, 64L, zeros);
    CALL(__fread_unlocked_chk, 1, IS_WRITTEN, D, 512L, 1L, 64L, zeros);
    CALL(fwrite, 1, IS_READ, D, 1L, 64L, sink);
    CALL(fwrite, 4, IS_WRITTEN, room, 1L, 64L, dead_stream("/dev/null", "w"));
    CALL(fwrite_unlocked, 1, IS_READ, D, 1L, 64L, sink);
    CALL(fflush, 1, IS_WRITTEN, dead_stream("/dev/null", "w"));
    CALL(fclose, 1, IS_WRITTEN, dead_stream("/dev/null", "w"));
    CALL(fgetc, 1, IS_WRITTEN, dead_stream("/dev/zero", "r"));
    CALL(getc, 1, IS_WRITTEN, dead_stream("/dev/zero", "r"));
    CALL(fgets, 3, IS_WRITTEN, room, 10L, dead_stream("/dev/zero", "r"));
    CALL(getdelim, 4, IS_WRITTEN, &line, &line_size, 0L, dead_stream("/dev/zero", "r"));
    CALL(getline, 3, IS_WRITTEN, &line, &line_size, dead_stream("/proc/self/stat", "r"));
    CALL(fseek, 1, IS_WRITTEN, dead_stream("/proc/self/stat", "r"), 1L, 0L);
}

static void test_programs(void)
{
    long zero = 0;
    int pid;
    char *argv[] = {"true", NULL};
#define DEAD_ARGV (argv[0] = T("true"), argv)
#define LIVE_ARGV (argv[0] = "true", argv)
    CALL(execve, 1, IS_READ, T(MISSING), LIVE_ARGV, zero);
    CALL(execve, 2, IS_READ, MISSING, DEAD_ARGV, zero);
    CALL(execve, 2, IS_READ, MISSING, dead(LIVE_ARGV, sizeof(argv)), zero);
    CALL(execve, 3, IS_READ, MISSING, (char *[]){NULL}, DEAD_ARGV);
    CALL(execv, 1, IS_READ, T(MISSING), LIVE_ARGV);
    CALL(execv, 2, IS_READ, MISSING, DEAD_ARGV);
    CALL(execvp, 1, IS_READ, T(MISSING), LIVE_ARGV);
    CALL(execvp, 2, IS_READ, MISSING, DEAD_ARGV);
    CALL(execvpe, 2, IS_READ, MISSING, DEAD_ARGV, zero);
    CALL(execvpe, 3, IS_READ, MISSING, (char *[]){NULL}, DEAD_ARGV);
    CALL(fexecve, 2, IS_READ, BAD, DEAD_ARGV, &(char *){NULL});
    CALL(execl, 1, IS_READ, T(MISSING), "true", zero);
    CALL(execl, 2, IS_READ, MISSING, "true", "1", "2", "3", "4", "5", "6", T("7"), zero);
    CALL(execlp, 2, IS_READ, MISSING, T("true"), zero);
    CALL(execle, 2, IS_READ, MISSING, "true", T("1"), zero, zero);
    CALL(execle, 3, IS_READ, MISSING, "true", "1", "2", "3", "4", zero, DEAD_ARGV);
    CALL(posix_spawn, 2, IS_READ, &pid, T("/bin/true"), zero, zero, LIVE_ARGV, zero);
    CALL(posix_spawn, 5, IS_READ, &pid, "/bin/true", zero, zero, DEAD_ARGV, zero);
    CALL(posix_spawnp, 6, IS_READ, &pid, "true", zero, zero, (char *[]){"true", NULL}, DEAD_ARGV);
    CALL(system, 1, IS_READ, T("true"));
    CALL(popen, 1, IS_READ, T("true"), "r");
    CALL(wait, 1, IS_WRITTEN, D);
    CALL(waitpid, 2, IS_WRITTEN, -1L, D, zero);
    CALL(wait3, 1, IS_WRITTEN, D, zero, zero);
    CALL(wait3, 3, IS_WRITTEN, zero, zero, D);
    CALL(wait4, 2, IS_WRITTEN, -1L, D, zero, zero);
    CALL(wait4, 4, IS_WRITTEN, -1L, zero, zero, D);
    CALL(waitid, 3, IS_WRITTEN, (long)P_ALL, zero, D, (long)WEXITED);
}

static void test_messages(void)
{
    long zero = 0, size = 16;
    static char room[64];
    CALL(msgsnd, 2, IS_READ, BAD, D, size, zero);
    CALL(msgrcv, 2, IS_WRITTEN, BAD, D, size, zero, zero);
    CALL(semop, 2, IS_READ, BAD, D, 1L);
    CALL(mq_send, 2, IS_READ, BAD, D, size, zero);
    CALL(mq_receive, 2, IS_WRITTEN, BAD, D, size, zero);
    CALL(mq_receive, 4, IS_WRITTEN, BAD, room, size, D);
}

static void test_kernel(void)
{
    long zero = 0;
    static char room[1024];
    struct timespec none = {0, 0};
    CALL(getrusage, 2, IS_WRITTEN, zero, D);
    CALL(times, 1, IS_WRITTEN, D);
    CALL(getrlimit, 2, IS_WRITTEN, (long)RLIMIT_CORE, D);
    CALL(getrlimit64, 2, IS_WRITTEN, (long)RLIMIT_CORE, D);
    CALL(setrlimit, 2, IS_READ, 1000L, D);
    CALL(setrlimit64, 2, IS_READ, 1000L, D);
    CALL(getgroups, 2, IS_WRITTEN, 64L, D);
    CALL(__getgroups_chk, 2, IS_WRITTEN, 64L, D, 512L);
    CALL(sigaltstack, 1, IS_READ, dead(&(stack_t){.ss_flags = SS_DISABLE}, sizeof(stack_t)), zero);
    CALL(sigaltstack, 2, IS_WRITTEN, zero, D);
    CALL(timer_create, 2, IS_READ, (long)CLOCK_MONOTONIC,
         dead(&(struct sigevent){.sigev_notify = SIGEV_NONE}, sizeof(struct sigevent)), room);
    CALL(timer_create, 3, IS_WRITTEN, (long)CLOCK_MONOTONIC, zero, D);
    CALL(prctl, 2, IS_READ, 15L /* PR_SET_NAME */, T("test_door"));
    CALL(prctl, 2, IS_WRITTEN, 16L /* PR_GET_NAME */, D);
    CALL(uname, 1, IS_WRITTEN, D);
    CALL(sysinfo, 1, IS_WRITTEN, D);
    CALL(getrandom, 1, IS_WRITTEN, D, 16L, zero);
    CALL(getentropy, 1, IS_WRITTEN, D, 16L);
    CALL(clock_gettime, 2, IS_WRITTEN, (long)CLOCK_PROCESS_CPUTIME_ID, D);
    CALL(clock_getres, 2, IS_WRITTEN, (long)CLOCK_PROCESS_CPUTIME_ID, D);
    CALL(gettimeofday, 1, IS_WRITTEN, D, zero);
    CALL(gettimeofday, 2, IS_WRITTEN, room, D);
    CALL(nanosleep, 1, IS_READ, D, zero);
    CALL(nanosleep, 2, IS_WRITTEN, &none, D);
    CALL(clock_nanosleep, 3, IS_READ, zero, zero, D, zero);
    CALL(clock_nanosleep, 4, IS_WRITTEN, zero, zero, &none, D);
    CALL(getitimer, 2, IS_WRITTEN, zero, D);
    CALL(setitimer, 2, IS_READ, zero, D, zero);
    CALL(setitimer, 3, IS_WRITTEN, zero, &(char[64]){0}, D);
}

/* A request that libc has done on a thread of its own, or has tried to. */
static struct aiocb *request(int operation, int error, void *buffer)
{
    static struct aiocb request;
    request = (struct aiocb){.aio_fildes = -1, .aio_lio_opcode = operation, .aio_nbytes = 8};
    request.aio_buf = buffer;
    request.__error_code = error;
    return &request;
}

static void test_requests(void)
{
    CALL(aio_error, 1, IS_READ, request(LIO_WRITE, EFAULT, D));
    CALL(aio_error, 1, IS_WRITTEN, request(LIO_READ, EFAULT, D));
    CALL(aio_error64, 1, IS_READ, request(LIO_WRITE, EFAULT, D));
    CALL(aio_return, 1, IS_READ, request(LIO_WRITE, EFAULT, D));
    CALL(aio_return64, 1, IS_WRITTEN, request(LIO_READ, EFAULT, D));
    TAP_OK(aio_error(request(LIO_WRITE, EFAULT, D)) == EBADF, "the request is tried again");
    hit.n = 0;
    TAP_OK(aio_error(request(LIO_WRITE, EIO, D)) == EIO && hit.n == 0,
           "not when it failed for another reason");
    TAP_OK(aio_error(request(LIO_READ, EFAULT, request)) == EFAULT && hit.n == 0,
           "nor when its buffer is not ours");
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    make_stand_ins();
    open_door();
    test_bytes();
    test_waiting();
    test_sockets();
    test_opening();
    test_names();
    test_status();
    test_streams();
    test_programs();
    test_messages();
    test_kernel();
    test_requests();
    test_complete();
    return tap_done();
}
