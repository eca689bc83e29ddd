/* SPDX-License-Identifier: MIT */
/*
 * A small C library for the test programs that keeps function pointers, as event loops and parsers
 * do.  Built as build/tests/libtestevents.so; programs say ffi.load("testevents").
 */
#include <stddef.h>
#include <stdlib.h>

typedef int (*event_fn)(int event, void *context);

/** What a program registers at once: a table of handlers, copied by the library. */
struct event_handlers {
    event_fn on_open;
    event_fn on_data;
    event_fn on_close;
};

struct event_bus {
    struct event_handlers handlers;
    void *context;
};

struct event_bus *event_bus_new(void)
{
    return calloc(1, sizeof(struct event_bus));
}

void event_bus_free(struct event_bus *bus)
{
    free(bus);
}

void event_bus_register(struct event_bus *bus, const struct event_handlers *handlers, void *context)
{
    bus->handlers = handlers ? *handlers : (struct event_handlers){NULL, NULL, NULL};
    bus->context = context;
}

static int call(event_fn handler, int event, void *context)
{
    return handler ? handler(event, context) : 0;
}

/** Opens, hands over `n_events` events, closes; returns the sum of what the handlers answered. */
int event_bus_run(struct event_bus *bus, int n_events)
{
    int sum = call(bus->handlers.on_open, 0, bus->context);
    for (int i = 1; i <= n_events; i++)
        sum += call(bus->handlers.on_data, i, bus->context);
    return sum + call(bus->handlers.on_close, n_events, bus->context);
}

/** Timers that run out when the program says so; each once. */
enum { MOST_TIMERS = 64 };
static struct {
    event_fn function;
    void *context;
    int left;
} timers[MOST_TIMERS];

int event_timer_add(int delay, event_fn function, void *context)
{
    for (int i = 0; i < MOST_TIMERS; i++) {
        if (timers[i].function)
            continue;
        timers[i].function = function;
        timers[i].context = context;
        timers[i].left = delay;
        return i;
    }
    return -1;
}

void event_timer_cancel(int timer)
{
    if (timer >= 0 && timer < MOST_TIMERS)
        timers[timer].function = NULL;
}

/** Lets the time pass; returns how many timers ran out. */
int event_timers_advance(int ticks)
{
    int n = 0;
    for (int i = 0; i < MOST_TIMERS; i++) {
        if (!timers[i].function || (timers[i].left -= ticks) > 0)
            continue;
        event_fn function = timers[i].function;
        timers[i].function = NULL;
        function(i, timers[i].context);
        n++;
    }
    return n;
}

/** A hook for the end of work, as libraries have for errors or allocation. */
static event_fn idle_hook;

event_fn event_set_idle_hook(event_fn hook)
{
    event_fn old = idle_hook;
    idle_hook = hook;
    return old;
}

int event_idle(int rounds)
{
    int sum = 0;
    for (int i = 0; i < rounds; i++)
        sum += call(idle_hook, i, NULL);
    return sum;
}
