/* SPDX-License-Identifier: MIT */
/*
 * System calls are made directly: the library itself interposes read, write and open.
 */
#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* Writing may raise these two, in the thread that writes; the program has not asked for that. */
#define WRITE_BITS (UINT64_C(1) << (SIGPIPE - 1) | UINT64_C(1) << (SIGXFSZ - 1))

struct quiet_signals {
    uint64_t old_mask, old_pending;
};

static void hold_signals(struct quiet_signals *quiet)
{
    uint64_t bits = WRITE_BITS;
    syscall(SYS_rt_sigprocmask, SIG_BLOCK, &bits, &quiet->old_mask, sizeof(bits));
    syscall(SYS_rt_sigpending, &quiet->old_pending, sizeof(bits));
}

/* Takes away what was raised meanwhile, but not what had been waiting before. */
static void release_signals(const struct quiet_signals *quiet)
{
    static const struct timespec at_once;
    uint64_t bits = WRITE_BITS & ~quiet->old_pending;
    while (bits && syscall(SYS_rt_sigtimedwait, &bits, NULL, &at_once, sizeof(bits)) > 0)
        continue;
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &quiet->old_mask, NULL, sizeof(bits));
}

bool ffisan_io_write(int fd, const char *data, size_t size)
{
    int saved_errno = errno;
    struct quiet_signals quiet;
    hold_signals(&quiet);
    while (size > 0) {
        long n = syscall(SYS_write, fd, data, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        data += n;
        size -= (size_t)n;
    }
    release_signals(&quiet);
    errno = saved_errno;
    return size == 0;
}

bool ffisan_io_is_confined;

bool ffisan_io_append(const char *path, const char *data, size_t size)
{
    int saved_errno = errno;
    int flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY;
    if (ffisan_io_is_confined)
        return false;
    int fd = (int)syscall(SYS_openat, AT_FDCWD, path, flags, 0666);
    bool done = fd >= 0 && ffisan_io_write(fd, data, size);
    if (fd >= 0)
        syscall(SYS_close, fd);
    errno = saved_errno;
    return done;
}

static int open_to_read(const char *path)
{
    int flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
    return ffisan_io_is_confined ? -1 : (int)syscall(SYS_openat, AT_FDCWD, path, flags, 0);
}

size_t ffisan_io_read_file(const char *path, size_t offset, char *data, size_t size)
{
    int saved_errno = errno;
    int fd = open_to_read(path);
    long n = fd >= 0 ? syscall(SYS_pread64, fd, data, size, offset) : -1;
    if (fd >= 0)
        syscall(SYS_close, fd);
    errno = saved_errno;
    return n > 0 ? (size_t)n : 0;
}

struct lines {
    char *data;
    size_t size, n; /* of the buffer; in it */
    bool is_tail;   /* what comes is the rest of a line that was cut */
    void (*visit)(void *context, const char *line);
    void *context;
};

static void hand_out(struct lines *lines, char *line)
{
    if (!lines->is_tail)
        lines->visit(lines->context, line);
}

/* The lines that are complete; of one that fills the buffer, its beginning. */
static void hand_out_all(struct lines *lines)
{
    char *line = lines->data, *limit = lines->data + lines->n, *end;
    for (; (end = memchr(line, '\n', (size_t)(limit - line))) != NULL; line = end + 1) {
        *end = '\0';
        hand_out(lines, line);
        lines->is_tail = false;
    }
    lines->n = (size_t)(limit - line);
    memmove(lines->data, line, lines->n);
    if (lines->n == lines->size - 1) {
        lines->data[lines->n] = '\0';
        hand_out(lines, lines->data);
        lines->is_tail = true;
        lines->n = 0;
    }
}

bool ffisan_io_each_line(const char *path, char *data, size_t size,
                         void (*visit)(void *context, const char *line), void *context)
{
    struct lines lines = {.data = data, .size = size, .visit = visit, .context = context};
    int saved_errno = errno, fd = open_to_read(path);
    bool is_read = false;
    while (fd >= 0) {
        long got = syscall(SYS_read, fd, data + lines.n, size - 1 - lines.n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        is_read = true;
        lines.n += (size_t)got;
        hand_out_all(&lines);
    }
    if (fd >= 0)
        syscall(SYS_close, fd);
    errno = saved_errno;
    return is_read;
}
