/* SPDX-License-Identifier: MIT */
/* epoll: the kernel keeps a word for each descriptor, often an address, and hands it back. */
#include "runtime/fault/door.h"

#include "runtime/fault/signals.h"

#include <sys/epoll.h>
#include <sys/syscall.h>
#include <time.h>

struct ffisan_door_keeper ffisan_door_keeper;

/* What the call has handed back, whatever it was. */
static int returned(struct epoll_event *events, int n)
{
    if (n > 0 && ffisan_door_keeper.returned)
        ffisan_door_keeper.returned(events, n);
    return n;
}

static void changed(int epoll, int operation, int fd, const struct epoll_event *event,
                    const struct ffisan_door_caller *caller)
{
    if (!ffisan_door_keeper.kept)
        return;
    if (operation == EPOLL_CTL_DEL)
        ffisan_door_keeper.removed(fd);
    else
        ffisan_door_keeper.kept(epoll, fd, event->data.u64, caller->pc, caller->sp);
}

#define EVENTS OUT(2, events, (unsigned)n * sizeof(*events))

FFISAN_DOOR_OPEN(int, epoll_wait, (int epoll, struct epoll_event *events, int n, int timeout))
{
    static const char function[] = "epoll_wait";
    EVENTS;
    int n_events = FFISAN_DOOR_REAL(int, epoll_wait, (int, struct epoll_event *, int, int))(
        epoll, events, n, timeout);
    ffisan_door_used(epoll, n_events == -1, function);
    return returned(events, n_events);
}

/* Masks for the time of a wait leave our signals deliverable, see signals.h. */

FFISAN_DOOR_OPEN(int, epoll_pwait,
                 (int epoll, struct epoll_event *events, int n, int timeout, const sigset_t *mask))
{
    static const char function[] = "epoll_pwait";
    sigset_t storage;
    EVENTS;
    mask = ffisan_signals_wait_mask(mask, &storage);
    return returned(events, FFISAN_DOOR_REAL(int, epoll_pwait,
                                             (int, struct epoll_event *, int, int,
                                              const sigset_t *))(epoll, events, n, timeout, mask));
}

FFISAN_DOOR_OPEN(int, epoll_pwait2,
                 (int epoll, struct epoll_event *events, int n, const struct timespec *timeout,
                  const sigset_t *mask))
{
    static const char function[] = "epoll_pwait2";
    sigset_t storage;
    EVENTS;
    mask = ffisan_signals_wait_mask(mask, &storage);
    return returned(events,
                    FFISAN_DOOR_REAL(int, epoll_pwait2,
                                     (int, struct epoll_event *, int, const struct timespec *,
                                      const sigset_t *))(epoll, events, n, timeout, mask));
}

FFISAN_DOOR_OPEN(int, epoll_ctl, (int epoll, int operation, int fd, struct epoll_event *event))
{
    static const char function[] = "epoll_ctl";
    IN(4, event, sizeof(*event));
    int result = FFISAN_DOOR_REAL(int, epoll_ctl, (int, int, int, struct epoll_event *))(
        epoll, operation, fd, event);
    ffisan_door_used(epoll, result == -1, function);
    ffisan_door_used(fd, result == -1, function);
    const struct ffisan_door_caller caller = {(uintptr_t)__builtin_return_address(0),
                                              (uintptr_t)__builtin_dwarf_cfa()};
    if (result != -1)
        changed(epoll, operation, fd, event, &caller);
    return result;
}

/* ---- The same by number --------------------------------------------------------------------- */

bool ffisan_door_is_epoll(long number)
{
    switch (number) {
    case SYS_epoll_ctl:
    case SYS_epoll_pwait:
#ifdef SYS_epoll_wait
    case SYS_epoll_wait:
#endif
        return true;
    default:
        return false;
    }
}

void ffisan_door_epoll_done(long number, const long *arguments, long result,
                            const struct ffisan_door_caller *caller)
{
    if (result == -1)
        return;
    if (number == SYS_epoll_ctl)
        changed((int)arguments[0], (int)arguments[1], (int)arguments[2],
                (struct epoll_event *)arguments[3], caller);
    else
        returned((struct epoll_event *)arguments[1], (int)result);
}
