/* SPDX-License-Identifier: MIT */
/** What the two halves of others.h share: the one that asks, and the child that traces. */
#ifndef FFISAN_BASE_TRACER_H
#define FFISAN_BASE_TRACER_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define FFISAN_TRACER_THREADS 256u
#define FFISAN_TRACER_STACK (64u << 10)

/** Who does what next; both wait for it (futex). */
enum ffisan_tracer_step {
    FFISAN_TRACER_WAITS,
    FFISAN_TRACER_STOPS,   /**< it may begin */
    FFISAN_TRACER_DONE,    /**< they are stopped */
    FFISAN_TRACER_FAILED,  /**< not all could be: none is */
    FFISAN_TRACER_REFUSED, /**< the same, and so it will be the next time */
    FFISAN_TRACER_RESUMES, /**< it may let them go */
};

struct ffisan_tracer_thread {
    pid_t id;
    bool is_stopped; /**< else it waits in a system call and goes on to do so, or is gone */
    int signal;      /**< was about to get it */
};

struct ffisan_others {
    uint32_t step; /**< enum ffisan_tracer_step */
    pid_t process, asker, tracer;
    uint64_t old_mask;
    bool is_refused; /**< the kernel does not let us trace one */
    unsigned n_threads;
    struct ffisan_tracer_thread threads[FFISAN_TRACER_THREADS];
    size_t n_words;
    uint64_t words[FFISAN_TRACER_THREADS * 32];
    char stack[FFISAN_TRACER_STACK] __attribute__((aligned(64)));
};

void ffisan_tracer_set_step(struct ffisan_others *others, enum ffisan_tracer_step step);
enum ffisan_tracer_step ffisan_tracer_step(const struct ffisan_others *others);

/** Returns when the step is another one, or after 10 ms. */
void ffisan_tracer_wait(struct ffisan_others *others, enum ffisan_tracer_step step);

/** The child: a function for clone(2), whose argument is a struct ffisan_others. */
int ffisan_tracer_run(void *others);

#endif
