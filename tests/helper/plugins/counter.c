/* SPDX-License-Identifier: MIT */
/* A plugin with a variable for each thread, which says when it comes and goes. */
#include <stdio.h>

static __thread int count = 100;

__attribute__((constructor)) static void start(void)
{
    puts("counter: loaded");
    fflush(stdout);
}

__attribute__((destructor)) static void stop(void)
{
    puts("counter: unloaded");
    fflush(stdout);
}

int counter_next(void)
{
    return ++count;
}
