/* SPDX-License-Identifier: MIT */
/* What a thread has given to the call in which it waits is found, and nothing of one that runs. */
#include "base/tasks.h"

#include "tap.h"

#include <pthread.h>
#include <sched.h>
#include <unistd.h>

static int fds[2];
static char buffer[64];
static volatile int is_to_end;

static void *wait_for_data(void *unused)
{
    (void)unused;
    return read(fds[0], buffer + 16, 32) == 1 ? buffer : NULL;
}

static void *run(void *unused)
{
    (void)unused;
    while (!is_to_end)
        ;
    return NULL;
}

struct found {
    unsigned n_words, n_buffers, n_sizes;
};

static void visit(void *context, uint64_t word)
{
    struct found *found = context;
    found->n_words++;
    found->n_buffers += word == (uintptr_t)(buffer + 16);
    found->n_sizes += word == 32;
}

static struct found look(void)
{
    struct found found = {0};
    ffisan_tasks_each_argument(visit, &found);
    return found;
}

int main(void)
{
    enum { MOST_LOOKS = 100000 };
    pthread_t waits, runs;
    void *result = NULL;
    TAP_OK(look().n_words == 0, "there is no other thread");
    if (pipe(fds) != 0 || pthread_create(&waits, NULL, wait_for_data, NULL) != 0)
        return 1;
    struct found found = look();
    for (unsigned n = 0; n < MOST_LOOKS && found.n_buffers == 0; n++) {
        sched_yield();
        found = look();
    }
    TAP_OK(found.n_words == 6 && found.n_buffers == 1 && found.n_sizes == 1,
           "the arguments of a read are found");
    if (pthread_create(&runs, NULL, run, NULL) != 0)
        return 1;
    found = look();
    TAP_OK(found.n_buffers == 1, "also beside a thread that runs");
    is_to_end = 1;
    pthread_join(runs, NULL);
    if (write(fds[1], "x", 1) != 1)
        return 1;
    pthread_join(waits, &result);
    TAP_OK(result == buffer, "the call was not disturbed");
    TAP_OK(look().n_buffers == 0, "and is found no more");
    return tap_done();
}
