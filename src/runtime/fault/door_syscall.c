/* SPDX-License-Identifier: MIT */
/*
 * System calls by number.  Which arguments are pointers must be known: what the caller did not pass
 * is whatever was left in a register, and that may well be a pointer that nobody uses.
 */
#include "base/io.h"
#include "runtime/fault/door.h"
#include "runtime/fault/guard.h"
#include "runtime/fault/signals.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

/* Sets of arguments: A1 is the first one after the number. */
enum { A1 = 1 << 0, A2 = 1 << 1, A3 = 1 << 2, A4 = 1 << 3, A5 = 1 << 4, A6 = 1 << 5 };

static const struct {
    uint16_t number;
    uint8_t read, written; /* by the kernel */
} pointers[] = {
    {SYS_read, 0, A2},
    {SYS_write, A2, 0},
    {SYS_pread64, 0, A2},
    {SYS_pwrite64, A2, 0},
    {SYS_process_vm_readv, A4, 0},
    {SYS_process_vm_writev, A4, 0},
    {SYS_sendfile, 0, A3},
    {SYS_splice, 0, A2 | A4},
    {SYS_copy_file_range, 0, A2 | A4},
    {SYS_pipe2, 0, A1},
    {SYS_getdents64, 0, A2},
    {SYS_openat, A2, 0},
    {SYS_openat2, A2 | A3, 0},
    {SYS_statx, A2, A5},
    {SYS_fstat, 0, A2},
    {SYS_newfstatat, A2, A3},
    {SYS_statfs, A1, A2},
    {SYS_fstatfs, 0, A2},
    {SYS_faccessat, A2, 0},
    {SYS_faccessat2, A2, 0},
    {SYS_unlinkat, A2, 0},
    {SYS_mkdirat, A2, 0},
    {SYS_mknodat, A2, 0},
    {SYS_renameat2, A2 | A4, 0},
    {SYS_linkat, A2 | A4, 0},
    {SYS_symlinkat, A1 | A3, 0},
    {SYS_readlinkat, A2, A3},
    {SYS_fchmodat, A2, 0},
    {SYS_fchownat, A2, 0},
    {SYS_utimensat, A2 | A3, 0},
    {SYS_truncate, A1, 0},
    {SYS_chdir, A1, 0},
    {SYS_getcwd, 0, A1},
    {SYS_memfd_create, A1, 0},
    {SYS_inotify_add_watch, A2, 0},
    {SYS_execve, A1, 0},
    {SYS_execveat, A2, 0},
    {SYS_wait4, 0, A2 | A4},
    {SYS_waitid, 0, A3 | A5},
    {SYS_socketpair, 0, A4},
    {SYS_bind, A2, 0},
    {SYS_connect, A2, 0},
    {SYS_accept, 0, A2 | A3},
    {SYS_accept4, 0, A2 | A3},
    {SYS_getsockname, 0, A2 | A3},
    {SYS_getpeername, 0, A2 | A3},
    {SYS_getsockopt, 0, A4 | A5},
    {SYS_setsockopt, A4, 0},
    {SYS_sendto, A2 | A5, 0},
    {SYS_recvfrom, 0, A2 | A5 | A6},
    {SYS_recvmmsg, 0, A5},
    {SYS_ppoll, A3 | A4, A1},
    {SYS_pselect6, A6, A2 | A3 | A4 | A5},
    {SYS_epoll_ctl, A4, 0},
    {SYS_epoll_pwait, A5, A2},
    {SYS_futex, A1, 0},
    {SYS_nanosleep, A1, A2},
    {SYS_clock_gettime, 0, A2},
    {SYS_clock_getres, 0, A2},
    {SYS_clock_nanosleep, A3, A4},
    {SYS_gettimeofday, 0, A1 | A2},
    {SYS_timerfd_settime, A3, A4},
    {SYS_timerfd_gettime, 0, A2},
    {SYS_getitimer, 0, A2},
    {SYS_setitimer, A2, A3},
    {SYS_times, 0, A1},
    {SYS_getrusage, 0, A2},
    {SYS_prlimit64, A3, A4},
    {SYS_uname, 0, A1},
    {SYS_sysinfo, 0, A1},
    {SYS_getrandom, 0, A1},
    {SYS_getgroups, 0, A2},
    {SYS_io_submit, A3, 0},
    {SYS_io_getevents, 0, A4 | A5},
    {SYS_io_uring_setup, 0, A2},
    {SYS_io_uring_register, A3, 0},
    {SYS_bpf, A2, 0},
    {SYS_perf_event_open, A1, 0},
#ifdef SYS_open /* numbers that newer processors do without */
    {SYS_open, A1, 0},
    {SYS_creat, A1, 0},
    {SYS_stat, A1, A2},
    {SYS_lstat, A1, A2},
    {SYS_access, A1, 0},
    {SYS_unlink, A1, 0},
    {SYS_rmdir, A1, 0},
    {SYS_mkdir, A1, 0},
    {SYS_rename, A1 | A2, 0},
    {SYS_link, A1 | A2, 0},
    {SYS_symlink, A1 | A2, 0},
    {SYS_readlink, A1, A2},
    {SYS_chmod, A1, 0},
    {SYS_chown, A1, 0},
    {SYS_utimes, A1 | A2, 0},
    {SYS_pipe, 0, A1},
    {SYS_poll, 0, A1},
    {SYS_select, 0, A2 | A3 | A4 | A5},
    {SYS_epoll_wait, 0, A2},
    {SYS_time, 0, A1},
#endif
};

/* What leads on to other memory. */
static void check_nested(long number, const long *arguments)
{
    const void *b = (const void *)arguments[1], *c = (const void *)arguments[2];
    switch (number) {
    case SYS_readv:
    case SYS_preadv:
    case SYS_preadv2:
    case SYS_process_vm_readv:
        ffisan_door_vector(b, (size_t)arguments[2], "syscall", 3, true);
        break;
    case SYS_writev:
    case SYS_pwritev:
    case SYS_pwritev2:
    case SYS_process_vm_writev:
    case SYS_vmsplice:
        ffisan_door_vector(b, (size_t)arguments[2], "syscall", 3, false);
        break;
    case SYS_sendmsg:
    case SYS_recvmsg:
        ffisan_door_message(b, "syscall", 3, number == SYS_recvmsg);
        break;
    case SYS_sendmmsg:
    case SYS_recvmmsg:
        ffisan_door_messages(b, (size_t)arguments[2], "syscall", 3, number == SYS_recvmmsg);
        break;
    case SYS_execve:
        ffisan_door_strings((char *const *)b, "syscall", 3);
        ffisan_door_strings((char *const *)c, "syscall", 4);
        break;
    case SYS_execveat:
        ffisan_door_strings((char *const *)c, "syscall", 4);
        ffisan_door_strings((char *const *)arguments[3], "syscall", 5);
        break;
    case SYS_write:
    case SYS_pwrite64:
    case SYS_sendto:
        ffisan_door_read(b, (size_t)arguments[2], "syscall");
        break;
    default:
        break;
    }
}

static void check_arguments(long number, const long *arguments)
{
    static const size_t n_calls = sizeof(pointers) / sizeof(pointers[0]);
    size_t at = 0;
    while (at < n_calls && pointers[at].number != number)
        at++;
    for (unsigned i = 0; at < n_calls && i < 6; i++)
        if ((pointers[at].read | pointers[at].written) & (1 << i))
            ffisan_door_check((const void *)arguments[i], FFISAN_DOOR_UNKNOWN, "syscall", i + 2,
                              pointers[at].written & (1 << i));
}

/* By the linker: where our library begins, and variables of it, which lie behind its code. */
extern const char __ehdr_start[] __attribute__((visibility("hidden")));
extern struct ffisan_real __start_ffisan_real[] __attribute__((visibility("hidden")));

/* What we open ourselves is closed before the program goes on. */
static bool is_own(uintptr_t pc)
{
    return pc >= (uintptr_t)__ehdr_start && pc < (uintptr_t)__start_ffisan_real;
}

struct old_set {
    void *to;
    sigset_t set;
};

static void hand_out(void *argument)
{
    const struct old_set *old = argument;
    memcpy(old->to, &old->set, FFISAN_KERNEL_SET_BYTES);
}

/* As the wrapper of sigprocmask does.  False: the kernel is to say what it thinks of pointers. */
static bool mask_signals(const long *arguments, long *ret_result)
{
    sigset_t set;
    struct old_set old = {.to = (void *)arguments[2]};
    const void *from = (const void *)arguments[1];
    sigemptyset(&set);
    sigemptyset(&old.set);
    if (!ffisan_signals_keeps(SIGSEGV) || !ffisan_signals_start() ||
        (from && !ffisan_guard_copy(&set, from, FFISAN_KERNEL_SET_BYTES)) ||
        (old.to && !ffisan_guard_copy(&old.set, old.to, FFISAN_KERNEL_SET_BYTES)))
        return false;
    int error = ffisan_signals_mask_by(ffisan_kernel_sigmask, (int)arguments[0], from ? &set : NULL,
                                       &old.set);
    if (!error && old.to && !ffisan_guard_run(hand_out, &old))
        error = EFAULT; /* and so says the kernel, when it has changed the mask */
    *ret_result = error ? -1 : 0;
    if (error)
        errno = error;
    return true;
}

FFISAN_REAL_SLOT(real_syscall_of_epoll, syscall);

static long epoll(long number, const long *arguments, const struct ffisan_door_caller *caller)
{
    typedef long syscall_fn(long, long, long, long, long, long, long);
    syscall_fn *real = (syscall_fn *)ffisan_real_get(&real_syscall_of_epoll);
    long result = real(number, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4],
                       arguments[5]);
    ffisan_door_epoll_done(number, arguments, result, caller);
    return result;
}

/*
 * libc's syscall takes its arguments from registers and one stack slot, however many there are.
 * Declared so, the call of the real one is a jump that leaves the stack as it was.
 */
FFISAN_DOOR_OPEN(long, syscall, (long number, long a, long b, long c, long d, long e, long f))
{
    if (number == SYS_seccomp || (number == SYS_prctl && a == PR_SET_SECCOMP))
        ffisan_io_is_confined = true;
    if (number == SYS_close && !is_own((uintptr_t)__builtin_return_address(0)))
        ffisan_door_closing((int)a, (int)a, "close");
    if (__builtin_expect(number == SYS_rt_sigprocmask && d == FFISAN_KERNEL_SET_BYTES, 0)) {
        long result;
        if (mask_signals((const long[]){a, b, c}, &result))
            return result;
    }
    if (ffisan_door_is_open()) {
        const long arguments[] = {a, b, c, d, e, f};
        check_arguments(number, arguments);
        check_nested(number, arguments);
    }
    if (__builtin_expect(ffisan_door_is_epoll(number), 0)) {
        const struct ffisan_door_caller caller = {(uintptr_t)__builtin_return_address(0),
                                                  (uintptr_t)__builtin_dwarf_cfa()};
        return epoll(number, (const long[]){a, b, c, d, e, f}, &caller);
    }
    return FFISAN_DOOR_REAL(long, syscall, (long, long, long, long, long, long, long))(number, a, b,
                                                                                       c, d, e, f);
}
