/* SPDX-License-Identifier: MIT */
/*
 * System calls are made directly: the library itself interposes read, write and open.
 */
#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

bool ffisan_io_write(int fd, const char *data, size_t size)
{
    int saved_errno = errno;
    while (size > 0) {
        long n = syscall(SYS_write, fd, data, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        data += n;
        size -= (size_t)n;
    }
    errno = saved_errno;
    return size == 0;
}

bool ffisan_io_append(const char *path, const char *data, size_t size)
{
    int saved_errno = errno;
    int flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY;
    int fd = (int)syscall(SYS_openat, AT_FDCWD, path, flags, 0666);
    bool done = fd >= 0 && ffisan_io_write(fd, data, size);
    if (fd >= 0)
        syscall(SYS_close, fd);
    errno = saved_errno;
    return done;
}

size_t ffisan_io_read_file(const char *path, size_t offset, char *data, size_t size)
{
    int saved_errno = errno;
    int fd =
        (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0);
    long n = fd >= 0 ? syscall(SYS_pread64, fd, data, size, offset) : -1;
    if (fd >= 0)
        syscall(SYS_close, fd);
    errno = saved_errno;
    return n > 0 ? (size_t)n : 0;
}
