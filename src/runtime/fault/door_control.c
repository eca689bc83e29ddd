/* SPDX-License-Identifier: MIT */
/*
 * ioctl, fcntl and prctl: whether there is an argument, and whether it is a pointer, depends on
 * the request.  What the caller did not pass is whatever was left in a register, so unknown
 * requests are left alone.
 */
#include "runtime/fault/door.h"

#include "base/io.h"

#include <asm/ioctls.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/ioctl.h>
#include <net/if.h>
#include <stdarg.h>
#include <sys/prctl.h>

/* Requests older than the numbering scheme: terminals (0x54) and sockets (0x89). */
static bool is_old_pointer_request(unsigned long request)
{
    static const unsigned short without_pointer[] = {
        TCSBRK,  TCXONC,   TCFLSH,   TIOCEXCL, TIOCNXCL, TIOCSCTTY,   TIOCNOTTY,
        TCSBRKP, TIOCSBRK, TIOCCBRK, FIOCLEX,  FIONCLEX, TIOCVHANGUP, TIOCCONS,
    };
    for (size_t i = 0; i < sizeof(without_pointer) / sizeof(without_pointer[0]); i++)
        if (request == without_pointer[i])
            return false;
    return request >> 8 == 0x54 || request >> 8 == 0x89;
}

/* The size of the structure that the argument leads to; 0: it leads to none. */
static size_t check_ioctl(unsigned long request, const void *argument)
{
    unsigned direction = _IOC_DIR(request);
    request &= UINT32_MAX;
    if (direction != _IOC_NONE) {
        ffisan_door_check(argument, _IOC_SIZE(request), "ioctl", 3, direction & _IOC_READ);
        return _IOC_SIZE(request);
    }
    if (!is_old_pointer_request(request))
        return 0;
    ffisan_door_check(argument, FFISAN_DOOR_UNKNOWN, "ioctl", 3, true);
    return request >> 8 == 0x89 ? sizeof(struct ifreq) : 0;
}

FFISAN_DOOR_OPEN(int, ioctl, (int fd, unsigned long request, ...))
{
    va_list arguments;
    va_start(arguments, request);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    size_t size = check_ioctl(request, argument);
    int (*real)(int, unsigned long, ...) = FFISAN_DOOR_REAL(int, ioctl, (int, unsigned long, ...));
    int result = real(fd, request, argument);
    if (ffisan_door_repeats(result, argument, size, "ioctl", 3))
        result = real(fd, request, argument);
    ffisan_door_used(fd, result == -1, "ioctl");
    return result;
}

static void check_fcntl(int command, const void *argument, const char *function)
{
    switch (command) {
    case F_GETLK:
    case F_OFD_GETLK:
        ffisan_door_check(argument, sizeof(struct flock), function, 3, true);
        break;
    case F_SETLK:
    case F_SETLKW:
    case F_OFD_SETLK:
    case F_OFD_SETLKW:
        ffisan_door_check(argument, sizeof(struct flock), function, 3, false);
        break;
    case F_GETOWN_EX:
        ffisan_door_check(argument, sizeof(struct f_owner_ex), function, 3, true);
        break;
    case F_SETOWN_EX:
        ffisan_door_check(argument, sizeof(struct f_owner_ex), function, 3, false);
        break;
    }
}

/* Programs find out so whether a descriptor is open: that it is closed is an answer. */
static bool asks_if_open(int command)
{
    return command == F_GETFD || command == F_GETFL;
}

#define DOOR_FCNTL(name)                                                                           \
    FFISAN_DOOR_OPEN(int, name, (int fd, int command, ...))                                        \
    {                                                                                              \
        va_list arguments;                                                                         \
        va_start(arguments, command);                                                              \
        void *argument = va_arg(arguments, void *);                                                \
        va_end(arguments);                                                                         \
        check_fcntl(command, argument, #name);                                                     \
        int result = FFISAN_DOOR_REAL(int, name, (int, int, ...))(fd, command, argument);          \
        ffisan_door_used(fd, result == -1 && !asks_if_open(command), #name);                       \
        return result;                                                                             \
    }
DOOR_FCNTL(fcntl)
DOOR_FCNTL(fcntl64)

FFISAN_DOOR_OPEN(int, prctl,
                 (int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d))
{
    bool is_written = option == PR_GET_NAME || option == PR_GET_PDEATHSIG;
    if (is_written || option == PR_SET_NAME)
        ffisan_door_check((const void *)a, FFISAN_DOOR_UNKNOWN, "prctl", 2, is_written);
    int (*real)(int, unsigned long, unsigned long, unsigned long, unsigned long) = FFISAN_DOOR_REAL(
        int, prctl, (int, unsigned long, unsigned long, unsigned long, unsigned long));
    if (option == PR_SET_SECCOMP && b)
        ffisan_door_check((const void *)b, sizeof(struct sock_fprog), "prctl", 3, false);
    int result = real(option, a, b, c, d);
    if (option == PR_SET_SECCOMP &&
        ffisan_door_repeats(result, (const void *)b, sizeof(struct sock_fprog), "prctl", 3))
        result = real(option, a, b, c, d);
    if (option == PR_SET_SECCOMP && result == 0)
        ffisan_io_is_confined = true;
    return result;
}
