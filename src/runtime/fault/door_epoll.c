/* SPDX-License-Identifier: MIT */
/* epoll: the kernel keeps a word for each descriptor, often an address, and hands it back. */
#include "runtime/fault/door.h"

#include "runtime/fault/signals.h"

#include <sys/epoll.h>
#include <time.h>

struct ffisan_door_keeper ffisan_door_keeper;

/* What the call has handed back, whatever it was. */
static int returned(struct epoll_event *events, int n)
{
    if (n > 0 && ffisan_door_keeper.returned)
        ffisan_door_keeper.returned(events, n);
    return n;
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
    if (result == -1 || !ffisan_door_keeper.kept)
        return result;
    if (operation == EPOLL_CTL_DEL)
        ffisan_door_keeper.removed(fd);
    else
        ffisan_door_keeper.kept(epoll, fd, event->data.u64, (uintptr_t)__builtin_return_address(0),
                                (uintptr_t)__builtin_dwarf_cfa());
    return result;
}
