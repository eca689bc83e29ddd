/* SPDX-License-Identifier: MIT */
/* Reading, writing and waiting. */
#include "runtime/fault/door.h"

#include "runtime/fault/signals.h"

#include <poll.h>
#include <sys/select.h>
#include <sys/timerfd.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>

/* clang-format off */

/* ---- Bytes ---------------------------------------------------------------------------------- */

FFISAN_DOOR_IO(ssize_t, read, (int fd, void *data, size_t size), (fd, data, size), fd,
               OUT(2, data, size))
FFISAN_DOOR_IO(ssize_t, write, (int fd, const void *data, size_t size), (fd, data, size), fd,
               DATA(2, data, size))
FFISAN_DOOR_IO(ssize_t, __read_chk, (int fd, void *data, size_t size, size_t room),
               (fd, data, size, room), fd, OUT(2, data, size))

#define DOOR_PREAD(name)                                                                          \
    FFISAN_DOOR_IO(ssize_t, name, (int fd, void *data, size_t size, off64_t at),                  \
                   (fd, data, size, at), fd, OUT(2, data, size))
DOOR_PREAD(pread)
DOOR_PREAD(pread64)

#define DOOR_PREAD_CHK(name)                                                                      \
    FFISAN_DOOR_IO(ssize_t, name, (int fd, void *data, size_t size, off64_t at, size_t room),     \
                   (fd, data, size, at, room), fd, OUT(2, data, size))
DOOR_PREAD_CHK(__pread_chk)
DOOR_PREAD_CHK(__pread64_chk)

#define DOOR_PWRITE(name)                                                                         \
    FFISAN_DOOR_IO(ssize_t, name, (int fd, const void *data, size_t size, off64_t at),            \
                   (fd, data, size, at), fd, DATA(2, data, size))
DOOR_PWRITE(pwrite)
DOOR_PWRITE(pwrite64)

/* ---- Vectors -------------------------------------------------------------------------------- */

#define DOOR_VECTOR(name, is_write)                                                               \
    FFISAN_DOOR_IO(ssize_t, name, (int fd, const struct iovec *vector, int n),                   \
                   (fd, vector, n), fd,                                                           \
                   VECTOR(2, vector, (unsigned)n, is_write))
DOOR_VECTOR(readv, true)
DOOR_VECTOR(writev, false)

#define DOOR_VECTOR_AT(name, is_write)                                                            \
    FFISAN_DOOR_IO(ssize_t, name, (int fd, const struct iovec *vector, int n, off64_t at),        \
                   (fd, vector, n, at), fd, VECTOR(2, vector, (unsigned)n, is_write))
DOOR_VECTOR_AT(preadv, true)
DOOR_VECTOR_AT(preadv64, true)
DOOR_VECTOR_AT(pwritev, false)
DOOR_VECTOR_AT(pwritev64, false)

#define DOOR_VECTOR_FLAGS(name, is_write)                                                         \
    FFISAN_DOOR_IO(ssize_t, name,                                                                 \
                   (int fd, const struct iovec *vector, int n, off64_t at, int flags),            \
                   (fd, vector, n, at, flags), fd, VECTOR(2, vector, (unsigned)n, is_write))
DOOR_VECTOR_FLAGS(preadv2, true)
DOOR_VECTOR_FLAGS(preadv64v2, true)
DOOR_VECTOR_FLAGS(pwritev2, false)
DOOR_VECTOR_FLAGS(pwritev64v2, false)

FFISAN_DOOR_FD(ssize_t, vmsplice, (int fd, const struct iovec *vector, size_t n, unsigned flags),
               (fd, vector, n, flags), fd, VECTOR(2, vector, n, false))

/* ---- Between descriptors -------------------------------------------------------------------- */

#define DOOR_SENDFILE(name)                                                                       \
    FFISAN_DOOR_FDS(ssize_t, name, (int out, int in, off64_t *at, size_t size),                   \
                    (out, in, at, size), out, in, OUT(3, at, sizeof(*at)))
DOOR_SENDFILE(sendfile)
DOOR_SENDFILE(sendfile64)

FFISAN_DOOR_FDS(ssize_t, splice,
                (int in, off64_t *in_at, int out, off64_t *out_at, size_t size, unsigned flags),
                (in, in_at, out, out_at, size, flags), in, out,
                OUT(2, in_at, sizeof(*in_at)); OUT(4, out_at, sizeof(*out_at)))
FFISAN_DOOR_FDS(ssize_t, copy_file_range,
                (int in, off64_t *in_at, int out, off64_t *out_at, size_t size, unsigned flags),
                (in, in_at, out, out_at, size, flags), in, out,
                OUT(2, in_at, sizeof(*in_at)); OUT(4, out_at, sizeof(*out_at)))

FFISAN_DOOR(int, pipe, (int *fds), (fds), OUT(1, fds, 2 * sizeof(*fds)))
FFISAN_DOOR(int, pipe2, (int *fds, int flags), (fds, flags), OUT(1, fds, 2 * sizeof(*fds)))
FFISAN_DOOR_FD(ssize_t, getdents64, (int fd, void *data, size_t size), (fd, data, size), fd,
               OUT(2, data, size))
FFISAN_DOOR_FD(int, eventfd_read, (int fd, uint64_t *value), (fd, value), fd,
               OUT(2, value, sizeof(*value)))
FFISAN_DOOR_FD(int, timerfd_settime,
               (int fd, int flags, const struct itimerspec *value, struct itimerspec *old),
               (fd, flags, value, old), fd, IN(3, value, sizeof(*value)); OUT(4, old, sizeof(*old)))
FFISAN_DOOR_FD(int, timerfd_gettime, (int fd, struct itimerspec *value), (fd, value), fd,
               OUT(2, value, sizeof(*value)))

/* ---- Waiting -------------------------------------------------------------------------------- */

#define SETS(n)                                                                                   \
    OUT(2, readable, set_size(n)); OUT(3, writable, set_size(n)); OUT(4, failed, set_size(n))

/* clang-format on */
static size_t set_size(int n)
{
    return (size_t)(n > 0 ? n + 7 : 0) / 8;
}
/* clang-format off */

FFISAN_DOOR(int, select,
            (int n, fd_set *readable, fd_set *writable, fd_set *failed, struct timeval *timeout),
            (n, readable, writable, failed, timeout), SETS(n);
            OUT(5, timeout, sizeof(*timeout)))
FFISAN_DOOR(int, poll, (struct pollfd *fds, nfds_t n, int timeout), (fds, n, timeout),
            OUT(1, fds, n * sizeof(*fds)))
FFISAN_DOOR(int, __poll_chk, (struct pollfd *fds, nfds_t n, int timeout, size_t room),
            (fds, n, timeout, room), OUT(1, fds, n * sizeof(*fds)))
/* clang-format on */

/* Masks for the time of a wait leave our signals deliverable, see signals.h. */

FFISAN_DOOR_OPEN(int, pselect,
                 (int n, fd_set *readable, fd_set *writable, fd_set *failed,
                  const struct timespec *timeout, const sigset_t *mask))
{
    static const char function[] = "pselect";
    sigset_t storage;
    SETS(n);
    mask = ffisan_signals_wait_mask(mask, &storage);
    return FFISAN_DOOR_REAL(int, pselect,
                            (int, fd_set *, fd_set *, fd_set *, const struct timespec *,
                             const sigset_t *))(n, readable, writable, failed, timeout, mask);
}

FFISAN_DOOR_OPEN(int, ppoll,
                 (struct pollfd * fds, nfds_t n, const struct timespec *timeout,
                  const sigset_t *mask))
{
    static const char function[] = "ppoll";
    sigset_t storage;
    OUT(1, fds, n * sizeof(*fds));
    mask = ffisan_signals_wait_mask(mask, &storage);
    return FFISAN_DOOR_REAL(int, ppoll,
                            (struct pollfd *, nfds_t, const struct timespec *, const sigset_t *))(
        fds, n, timeout, mask);
}

FFISAN_DOOR_OPEN(int, __ppoll_chk,
                 (struct pollfd * fds, nfds_t n, const struct timespec *timeout,
                  const sigset_t *mask, size_t room))
{
    static const char function[] = "ppoll";
    sigset_t storage;
    OUT(1, fds, n * sizeof(*fds));
    mask = ffisan_signals_wait_mask(mask, &storage);
    return FFISAN_DOOR_REAL(int, __ppoll_chk,
                            (struct pollfd *, nfds_t, const struct timespec *, const sigset_t *,
                             size_t))(fds, n, timeout, mask, room);
}
