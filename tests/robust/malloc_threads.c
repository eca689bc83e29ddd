/* SPDX-License-Identifier: MIT */
/* Programs of robust_malloc: signals that come while it works, and threads. */
#include "malloc_host.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- Signals -------------------------------------------------------------------------------- */

static sigjmp_buf back;

static void on_fault(int signal)
{
    (void)signal;
    siglongjmp(back, 1);
}

int own_handler_and_stack(void)
{
    lua_State *L = open_state();
    struct sigaction action = {.sa_handler = on_fault, .sa_flags = SA_ONSTACK};
    stack_t stack = {.ss_sp = malloc(65536), .ss_size = 65536}, was;

    sigaltstack(&stack, NULL);
    sigaction(SIGSEGV, &action, NULL);
    for (int i = 0; i < 20; i++)
        if (sigsetjmp(back, 1) == 0)
            (void)*(volatile int *)64;
        else
            printf("%ld\n", run(L, work));
    sigaltstack(NULL, &was);
    printf("%d %zu\n", was.ss_sp == stack.ss_sp, was.ss_size);
    stack.ss_flags = SS_DISABLE;
    sigaltstack(&stack, NULL);
    free(stack.ss_sp);
    return close_state(L);
}

int blocked_signals(void)
{
    sigset_t all, now;
    lua_State *L;

    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    L = open_state();
    for (int i = 0; i < 5; i++)
        printf("%ld\n", run(L, work));
    sigprocmask(SIG_BLOCK, NULL, &now);
    for (int i = 1; i < 32; i++)
        printf("%d", sigismember(&now, i));
    printf("\n");
    return close_state(L);
}

static volatile sig_atomic_t n_ticks;

static void on_tick(int signal)
{
    void *blocks[8];

    (void)signal;
    for (size_t i = 0; i < 8; i++)
        blocks[i] = malloc(16 << i);
    for (size_t i = 0; i < 8; i++)
        free(blocks[i]);
    n_ticks++;
}

/* A handler that allocates, in whatever it interrupts: no promise of libc, and usually fine. */
int handler_that_allocates(void)
{
    struct sigaction action = {.sa_handler = on_tick, .sa_flags = SA_RESTART};
    struct itimerval timer = {{0, 150}, {0, 150}}, off = {{0, 0}, {0, 0}};
    const char *loop =
        "local C = require('ffi').C\n"
        "for i = 1, 3000 do\n"
        "  local a, b = C.malloc(i), C.malloc(100)\n"
        "  C.free(C.realloc(a, i + 100)) C.free(b)\n"
        "end\n"
        "return 1\n";
    lua_State *L = open_state();
    long n = 0;

    run(L, work);
    run(L, loop);
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &timer, NULL);
    while (n_ticks < 1500)
        n += run(L, loop);
    setitimer(ITIMER_REAL, &off, NULL);
    printf("%s\n%ld\n", n > 0 ? "ticked" : "never", run(L, work));
    return close_state(L);
}

/* ---- Threads -------------------------------------------------------------------------------- */

/* Lua code that runs on top of so much stack, every page of which was written to. */
static long run_deep(lua_State *L, size_t n_bytes)
{
    enum { ROOM = 65536 };
    volatile char room[ROOM];

    for (size_t i = 0; i < ROOM; i += 64)
        room[i] = (char)n_bytes;
    return (n_bytes > ROOM ? run_deep(L, n_bytes - ROOM) : run(L, work)) + room[0] - (char)n_bytes;
}

static void *work_in_thread(void *argument)
{
    lua_State *L = open_state();

    for (int i = 0; i < 4; i++)
        *(long *)argument += run(L, work);
    lua_close(L);
    return NULL;
}

static void *work_on_large_stack(void *argument)
{
    lua_State *L = open_state();

    for (size_t i = 0; i < 4; i++)
        *(long *)argument += run_deep(L, i * 5 << 20);
    lua_close(L);
    return NULL;
}

int large_stacks(void)
{
    pthread_attr_t attributes;
    pthread_t ids[4];
    long sums[4] = {0};

    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 16 << 20);
    for (int i = 0; i < 4; i++)
        pthread_create(&ids[i], &attributes, work_on_large_stack, &sums[i]);
    for (int i = 0; i < 4; i++)
        pthread_join(ids[i], NULL);
    printf("%ld %ld %ld %ld\n", sums[0], sums[1], sums[2], sums[3]);
    return 3;
}

static void *work_for_long(void *argument)
{
    for (int i = 0; i < 8; i++)
        work_in_thread(argument);
    return NULL;
}

/* Each has a state of its own, and now and then the only pointer to a block in a register. */
int many_states(void)
{
    pthread_t ids[6];
    long sums[6] = {0};

    for (int i = 0; i < 6; i++)
        pthread_create(&ids[i], NULL, work_for_long, &sums[i]);
    for (int i = 0; i < 6; i++)
        pthread_join(ids[i], NULL);
    for (int i = 0; i < 6; i++)
        printf("%ld\n", sums[i]);
    return 3;
}

/* What one thread has made and another has: its only pointer is in a register until it is over. */
static struct {
    char *volatile block; /* on its way */
    volatile int is_held, is_over;
} hold;

static void make_block(size_t size)
{
    hold.is_held = 0;
    hold.is_over = 0;
    hold.block = malloc(size);
}

/* The stack below is wiped, where malloc, or who has waited for the block, has left the pointer. */
static __attribute__((optimize("O2"))) void hold_in_register(void)
{
    char *block = hold.block;

    hold.block = NULL;
    __asm__ volatile(
        "lea -32896(%%rsp), %%rdi\n\t"
        "mov $4096, %%ecx\n\t"
        "xor %%eax, %%eax\n\t"
        "rep stosq\n\t"
        "movl $1, %[is_held]\n"
        "1:\tpause\n\t"
        "cmpl $0, %[is_over]\n\t"
        "je 1b"
        : "+r"(block), [is_held] "=m"(hold.is_held)
        : [is_over] "m"(hold.is_over)
        : "rdi", "rcx", "rax", "memory", "cc");
    free(block);
}

/* As often as it takes to be certain, were there nothing to find. */
static long search_while_held(lua_State *L)
{
    long sum = 0;

    while (!hold.is_held)
        sched_yield();
    for (int i = 0; i < 40; i++)
        sum += run(L, work) + run(L, "collectgarbage() return 1");
    hold.is_over = 1;
    return sum;
}

static int make_and_hold(lua_State *L)
{
    make_block((size_t)lua_tointeger(L, 1));
    hold_in_register();
    return 0;
}

static void *hold_own(void *argument)
{
    lua_State *L = open_state();

    lua_register(L, "hold", make_and_hold);
    *(long *)argument = run(L, "hold(48) return 1");
    lua_close(L);
    return NULL;
}

int held_by_another_state(void)
{
    pthread_t id;
    long sum, result = 0;
    lua_State *L = open_state();

    run(L, work);
    pthread_create(&id, NULL, hold_own, &result);
    sum = search_while_held(L);
    pthread_join(id, NULL);
    printf("%ld %ld\n", sum, result);
    return close_state(L);
}

static void *hold_what_comes(void *argument)
{
    while (!hold.block)
        sched_yield();
    hold_in_register();
    return argument;
}

static int make(lua_State *L)
{
    make_block((size_t)lua_tointeger(L, 1));
    return 0;
}

int held_by_a_worker(void)
{
    pthread_t id;
    long sum;
    lua_State *L = open_state();

    lua_register(L, "make", make);
    run(L, work);
    pthread_create(&id, NULL, hold_what_comes, NULL);
    run(L, "make(48) return 1");
    sum = search_while_held(L);
    pthread_join(id, NULL);
    printf("%ld\n", sum);
    return close_state(L);
}

/*
 * Compiling, LuaJIT unwinds when it gives up a recording, and libgcc asks malloc meanwhile with its
 * lock held: a child that is forked just then, and compiles, waits for ever, watched or not.
 */
static lua_State *open_interpreter(void)
{
    lua_State *L = open_state();

    run(L, "jit.off() return 1");
    return L;
}

static void *interpret_in_thread(void *argument)
{
    lua_State *L = open_interpreter();

    for (int i = 0; i < 4; i++)
        *(long *)argument += run(L, work);
    lua_close(L);
    return NULL;
}

static void *fork_often(void *argument)
{
    for (int i = 0; i < 25; i++) {
        int status;
        char *block = malloc(1000);
        pid_t pid = fork();
        if (pid == 0) {
            lua_State *L = open_interpreter();
            free(block);
            _exit(run(L, work) > 0 ? 5 : 6);
        }
        free(block);
        if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 5 << 8)
            *(int *)argument = 1;
    }
    return NULL;
}

int forks_while_others_allocate(void)
{
    pthread_t ids[4];
    long sums[2] = {0};
    int failed = 0;
    lua_State *L = open_interpreter();

    for (int i = 0; i < 4; i++)
        pthread_create(&ids[i], NULL, i < 2 ? interpret_in_thread : fork_often,
                       i < 2 ? (void *)&sums[i] : &failed);
    printf("%ld\n", run(L, work));
    for (int i = 0; i < 4; i++)
        pthread_join(ids[i], NULL);
    printf("%ld %ld %d\n", sums[0], sums[1], failed);
    return close_state(L);
}

/* A ring between the thread that runs Lua and one that does not: each frees what the other made. */
enum { RING = 64, N_HANDED = 20000 };

struct ring {
    char *blocks[RING];
    unsigned head, tail;
};

static struct ring to_helper, to_lua;

static void put(struct ring *ring, char *block)
{
    while (ring->head - __atomic_load_n(&ring->tail, __ATOMIC_ACQUIRE) == RING)
        sched_yield();
    ring->blocks[ring->head % RING] = block;
    __atomic_store_n(&ring->head, ring->head + 1, __ATOMIC_RELEASE);
}

static char *take(struct ring *ring)
{
    char *block;

    while (__atomic_load_n(&ring->head, __ATOMIC_ACQUIRE) == ring->tail)
        sched_yield();
    block = ring->blocks[ring->tail % RING];
    __atomic_store_n(&ring->tail, ring->tail + 1, __ATOMIC_RELEASE);
    return block;
}

static void *help(void *argument)
{
    long *sum = argument;

    for (int i = 0; i < N_HANDED; i++) {
        char *block = take(&to_helper);
        *sum += block[0];
        if (i % 3 == 0)
            block = realloc(block, 500);
        free(block);
        block = malloc(10 + (size_t)i % 300);
        block[0] = (char)(i % 100);
        put(&to_lua, block);
    }
    return NULL;
}

static int hand_over(lua_State *L)
{
    char *block = malloc((size_t)lua_tointeger(L, 1));

    block[0] = (char)lua_tointeger(L, 2);
    put(&to_helper, block);
    block = take(&to_lua);
    lua_pushinteger(L, block[0]);
    if (lua_tointeger(L, 1) % 2)
        block = realloc(block, 700);
    free(block);
    return 1;
}

int other_threads_free(void)
{
    const char *code =
        "local sum = 0\n"
        "for i = 1, 20000 do sum = sum + hand_over(1 + i % 400, i % 50) end\n"
        "return sum\n";
    lua_State *L = open_state();
    long sum = 0;
    pthread_t id;

    lua_register(L, "hand_over", hand_over);
    pthread_create(&id, NULL, help, &sum);
    printf("%ld\n", run(L, code));
    pthread_join(id, NULL);
    printf("%ld %ld\n", sum, run(L, work));
    return close_state(L);
}
