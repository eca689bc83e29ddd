/* SPDX-License-Identifier: MIT */
/* Threads, and processes that are forked and executed, with handlers and masks. */
#include "signals_scenario.h"

#include <pthread.h>

static void *thread_faults(void *argument)
{
    (void)argument;
    note_mask("thread");
    touch_nowhere();
    return NULL;
}

static void threads(void)
{
    pthread_t thread;
    set(SIGSEGV, on_info, 0, false);
    for (int i = 0; i < 3; i++) {
        pthread_create(&thread, NULL, thread_faults, NULL);
        pthread_join(thread, NULL);
    }
}

static void forked(void)
{
    int status;
    set(SIGSEGV, on_info, 0, false);
    if (fork() == 0) {
        touch_nowhere();
        signal(SIGSEGV, SIG_DFL);
        note_action("child", SIGSEGV);
        *nowhere = 1;
    }
    wait(&status);
    note("child %x\n", status);
    note_action("parent", SIGSEGV);
    touch_nowhere();
}

/* What children of vfork do before exec must not reach the parent. */
static void vforked(void)
{
    int status;
    set(SIGSEGV, on_info, 0, false);
    pid_t pid = vfork();
    if (pid == 0) {
        signal(SIGSEGV, SIG_DFL);
        block(SIG_BLOCK, SIGSEGV);
        execl("/bin/true", "true", (char *)NULL);
        _exit(1);
    }
    waitpid(pid, &status, 0);
    note("child %x\n", status);
    block(SIG_UNBLOCK, SIGSEGV);
    note_action("parent", SIGSEGV);
    touch_nowhere();
}

static void vforked_fault(void)
{
    int status;
    set(SIGSEGV, on_info, 0, false);
    pid_t pid = vfork();
    if (pid == 0) {
        signal(SIGSEGV, SIG_DFL);
        *nowhere = 1;
    }
    waitpid(pid, &status, 0);
    note("child %x\n", status);
    touch_nowhere();
}

static void exec_inherits(void)
{
    char *argv[] = {"sh", "-c", "grep -E 'Sig(Blk|Ign|Cgt)' /proc/self/status", NULL};
    signal(SIGSEGV, SIG_IGN);
    block(SIG_BLOCK, SIGSEGV);
    block(SIG_BLOCK, SIGUSR1);
    execv("/nonexistent", argv);
    note("%d\n", errno);
    note_action("failed", SIGSEGV);
    note_mask("failed");
    dup2(trace_fd, 1);
    execv("/bin/sh", argv);
}

int main(void)
{
    same("threads", threads);
    same("fork", forked);
    same("vfork and exec", vforked);
    same("a fault in a child of vfork", vforked_fault);
    same("what exec passes on", exec_inherits);
    return tap_done();
}
