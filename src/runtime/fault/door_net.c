/* SPDX-License-Identifier: MIT */
/* Sockets. */
#include "runtime/fault/door.h"

#include <sys/socket.h>
#include <sys/types.h>
#include <time.h>

/* clang-format off */

FFISAN_DOOR(int, socketpair, (int domain, int type, int protocol, int *fds),
            (domain, type, protocol, fds), OUT(4, fds, 2 * sizeof(*fds)))

#define DOOR_ADDRESS_IN(name)                                                                     \
    FFISAN_DOOR_FD(int, name, (int fd, const void *address, socklen_t size),                     \
                   (fd, address, size), fd,                                                       \
                   IN(2, address, size))
DOOR_ADDRESS_IN(bind)
DOOR_ADDRESS_IN(connect)

#define DOOR_ADDRESS_OUT(name)                                                                    \
    FFISAN_DOOR_FD(int, name, (int fd, void *address, socklen_t *size), (fd, address, size), fd,  \
                   OUT(2, address, FFISAN_DOOR_UNKNOWN); OUT(3, size, sizeof(*size)))
DOOR_ADDRESS_OUT(accept)
DOOR_ADDRESS_OUT(getsockname)
DOOR_ADDRESS_OUT(getpeername)

FFISAN_DOOR_FD(int, accept4, (int fd, void *address, socklen_t *size, int flags),
               (fd, address, size, flags), fd,
               OUT(2, address, FFISAN_DOOR_UNKNOWN); OUT(3, size, sizeof(*size)))
FFISAN_DOOR_FD(int, getsockopt, (int fd, int level, int name, void *value, socklen_t *size),
               (fd, level, name, value, size), fd,
               OUT(4, value, FFISAN_DOOR_UNKNOWN); OUT(5, size, sizeof(*size)))
FFISAN_DOOR_OPEN(int, setsockopt,
                 (int fd, int level, int name, const void *value, socklen_t size))
{
    int (*real)(int, int, int, const void *, socklen_t) =
        FFISAN_DOOR_REAL(int, setsockopt, (int, int, int, const void *, socklen_t));
    ffisan_door_check(value, size, "setsockopt", 4, false);
    int result = real(fd, level, name, value, size);
    if (ffisan_door_repeats(result, value, size, "setsockopt", 4)) /* a filter, say */
        result = real(fd, level, name, value, size);
    ffisan_door_used(fd, result == -1, "setsockopt");
    return result;
}

FFISAN_DOOR_IO(ssize_t, send, (int fd, const void *data, size_t size, int flags),
               (fd, data, size, flags), fd, DATA(2, data, size))
FFISAN_DOOR_IO(ssize_t, sendto,
               (int fd, const void *data, size_t size, int flags, const void *to,
                socklen_t to_size),
               (fd, data, size, flags, to, to_size), fd,
               DATA(2, data, size); IN(5, to, to_size))
FFISAN_DOOR_IO(ssize_t, recv, (int fd, void *data, size_t size, int flags),
               (fd, data, size, flags), fd,
               OUT(2, data, size))
FFISAN_DOOR_IO(ssize_t, __recv_chk, (int fd, void *data, size_t size, size_t room, int flags),
               (fd, data, size, room, flags), fd, OUT(2, data, size))
FFISAN_DOOR_IO(ssize_t, recvfrom,
               (int fd, void *data, size_t size, int flags, void *from, socklen_t *from_size),
               (fd, data, size, flags, from, from_size), fd,
               OUT(2, data, size); OUT(5, from, FFISAN_DOOR_UNKNOWN);
               OUT(6, from_size, sizeof(*from_size)))
FFISAN_DOOR_IO(ssize_t, __recvfrom_chk,
               (int fd, void *data, size_t size, size_t room, int flags, void *from,
                socklen_t *from_size),
               (fd, data, size, room, flags, from, from_size), fd,
               OUT(2, data, size); OUT(6, from, FFISAN_DOOR_UNKNOWN);
               OUT(7, from_size, sizeof(*from_size)))

#define MESSAGE(is_write)                                                                         \
    if (ffisan_door_is_open()) ffisan_door_message(message, function, 2, is_write)
FFISAN_DOOR_IO(ssize_t, sendmsg, (int fd, const struct msghdr *message, int flags),
               (fd, message, flags), fd, MESSAGE(false))
FFISAN_DOOR_IO(ssize_t, recvmsg, (int fd, struct msghdr *message, int flags),
               (fd, message, flags), fd,
               MESSAGE(true))

#define MESSAGES(is_write)                                                                        \
    if (ffisan_door_is_open()) ffisan_door_messages(messages, n, function, 2, is_write)
FFISAN_DOOR_FD(int, sendmmsg, (int fd, struct mmsghdr *messages, unsigned n, int flags),
               (fd, messages, n, flags), fd, MESSAGES(false))
FFISAN_DOOR_FD(int, recvmmsg,
               (int fd, struct mmsghdr *messages, unsigned n, int flags, struct timespec *timeout),
               (fd, messages, n, flags, timeout), fd, MESSAGES(true);
               OUT(5, timeout, sizeof(*timeout)))
