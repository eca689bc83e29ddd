/* SPDX-License-Identifier: MIT */
/*
 * Programs that link libluajit and strain whoever watches them.  `robust_host NAME`; the output is
 * the same whether anybody watches or not.
 */
#include "host.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

const char work[] =
    "local ffi = require 'ffi'\n"
    "local keep, sum = {}, 0\n"
    "for i = 1, 400 do\n"
    "  local x = ffi.new('struct { int *next; int n; }')\n"
    "  local y = ffi.new('int[8]', i)\n"
    "  x.next, x.n = y, i\n"
    "  keep[i % 20] = { x, y, 'string ' .. i }\n"
    "  sum = sum + x.next[0] + #keep[i % 20][3]\n"
    "end\n"
    "return sum\n";

static long resident_kib(void)
{
    long pages = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");

    if (!file || fscanf(file, "%ld %ld", &pages, &resident) != 2)
        resident = 0;
    if (file)
        fclose(file);
    return resident * 4;
}

/* ---- Many states ---------------------------------------------------------------------------- */

static int states_in_sequence(void)
{
    long sum = 0, before = 0;

    for (int i = 0; i < 5000; i++) {
        lua_State *L = luaL_newstate();
        lua_pushinteger(L, i);
        lua_newtable(L);
        lua_newuserdata(L, 100);
        sum += lua_tointeger(L, 1) % 7;
        lua_close(L);
        if (i == 200)
            before = resident_kib();
    }
    printf("%ld, memory %s\n", sum, resident_kib() - before < 20000 ? "bounded" : "grows");
    return 0;
}

static int states_at_once(void)
{
    enum { N = 150 };
    static lua_State *states[N];
    long sum = 0;

    for (int i = 0; i < N; i++)
        states[i] = open_state();
    for (int i = 0; i < N; i++)
        sum += run(states[i], work);
    for (int i = 0; i < N; i++)
        lua_close(states[(i * 7) % N]);
    printf("%ld\n", sum);
    return 0;
}

static void *thread_with_states(void *argument)
{
    long *sum = argument;

    for (int i = 0; i < 25; i++) {
        lua_State *L = open_state();
        *sum += run(L, work);
        lua_close(L);
    }
    return NULL;
}

static int threads(void)
{
    enum { N = 10 };
    pthread_t ids[N];
    long sums[N] = {0}, sum = 0;

    for (int i = 0; i < N; i++)
        pthread_create(&ids[i], NULL, thread_with_states, &sums[i]);
    for (int i = 0; i < N; i++) {
        pthread_join(ids[i], NULL);
        sum += sums[i];
    }
    printf("%ld\n", sum);
    return 0;
}

struct moved {
    lua_State *L;
    lua_State *co;
    long sum;
};

static void *use_moved(void *argument)
{
    struct moved *moved = argument;

    moved->sum += run(moved->L, work);
    if (lua_resume(moved->co, 0) == LUA_YIELD)
        moved->sum += lua_tointeger(moved->co, -1);
    lua_settop(moved->co, 0);
    return NULL;
}

static int state_moves(void)
{
    struct moved moved = {.L = open_state()};
    const char *code = "for i = 1, 100 do local t = { i } coroutine.yield(i) end";
    pthread_t id;

    moved.co = lua_newthread(moved.L);
    lua_setfield(moved.L, LUA_REGISTRYINDEX, "co");
    luaL_loadstring(moved.co, code);
    for (int i = 0; i < 20; i++) {
        pthread_create(&id, NULL, use_moved, &moved);
        pthread_join(id, NULL);
    }
    pthread_create(&id, NULL, (void *(*)(void *))(void (*)(void))lua_close, moved.L);
    pthread_join(id, NULL);
    printf("%ld\n", moved.sum);
    return 0;
}

/* Other threads fork while states work: nobody's lock may be left taken. */
static void *fork_often(void *argument)
{
    for (int i = 0; i < 40; i++) {
        int status;
        pid_t pid = fork();
        if (pid == 0) {
            lua_State *L = open_state();
            long sum = run(L, work);
            lua_close(L);
            _exit(sum > 0 ? 5 : 6);
        }
        if (pid < 0 || waitpid(pid, &status, 0) != pid || WEXITSTATUS(status) != 5)
            *(int *)argument = 1;
    }
    return NULL;
}

static int threads_that_fork(void)
{
    pthread_t ids[4];
    long sums[2] = {0};
    int failed = 0;

    for (int i = 0; i < 2; i++)
        pthread_create(&ids[i], NULL, thread_with_states, &sums[i]);
    for (int i = 2; i < 4; i++)
        pthread_create(&ids[i], NULL, fork_often, &failed);
    for (int i = 0; i < 4; i++)
        pthread_join(ids[i], NULL);
    printf("%ld %d\n", sums[0] + sums[1], failed);
    return 0;
}

/* ---- An allocator of its own ---------------------------------------------------------------- */

struct budget {
    size_t used, most;
};

static void *limited(void *ud, void *block, size_t old_size, size_t new_size)
{
    struct budget *budget = ud;

    if (new_size == 0) {
        budget->used -= block ? old_size : 0;
        free(block);
        return NULL;
    }
    if (budget->used + new_size - (block ? old_size : 0) > budget->most)
        return NULL;
    void *moved = realloc(block, new_size);
    if (moved)
        budget->used += new_size - (block ? old_size : 0);
    return moved;
}

static int own_allocator(void)
{
    struct budget budget = {.most = 3 << 20};
    lua_State *L = lua_newstate(limited, &budget);
    const char *code = "local t = {} for i = 1, 1e7 do t[i] = { i } end";
    lua_Alloc allocf;
    void *ud;

    if (!L)
        return 1;
    luaL_openlibs(L);
    allocf = lua_getallocf(L, &ud);
    printf("%d %d\n", allocf == limited, ud == &budget);
    for (int i = 0; i < 3; i++) {
        int status = luaL_loadstring(L, code) || lua_pcall(L, 0, 0, 0);
        printf("%d %s\n", status, status ? lua_tostring(L, -1) : "");
        lua_settop(L, 0);
        lua_gc(L, LUA_GCCOLLECT, 0);
    }
    printf("%ld\n", run(L, work));
    lua_close(L);
    printf("%zu left\n", budget.used);
    return 0;
}

/* The program swaps the allocator of a state that runs, as some tools do to count memory. */
struct counted {
    lua_Alloc allocf;
    void *ud;
    size_t n;
};

static void *counting(void *ud, void *block, size_t old_size, size_t new_size)
{
    struct counted *counted = ud;

    counted->n++;
    return counted->allocf(counted->ud, block, old_size, new_size);
}

static int wrapped_allocator(void)
{
    lua_State *L = open_state();
    struct counted counted = {0};

    counted.allocf = lua_getallocf(L, &counted.ud);
    lua_setallocf(L, counting, &counted);
    printf("%ld\n", run(L, work));
    printf("%d\n", counted.n > 100);
    lua_setallocf(L, counted.allocf, counted.ud);
    printf("%ld\n", run(L, work));
    lua_close(L);
    return 0;
}

/* ---- Errors and ends ------------------------------------------------------------------------ */

static int fail(lua_State *L)
{
    return luaL_error(L, "from a finaliser");
}

static int close_with_errors(void)
{
    lua_State *L = open_state();

    for (int i = 0; i < 5; i++) {
        lua_newuserdata(L, 16);
        lua_createtable(L, 0, 1);
        lua_pushcfunction(L, fail);
        lua_setfield(L, -2, "__gc");
        lua_setmetatable(L, -2);
        if (i % 2)
            lua_setfield(L, LUA_REGISTRYINDEX, "kept");
        else
            lua_settop(L, 0);
    }
    printf("closing\n");
    lua_close(L);
    printf("closed\n");
    return 0;
}

static int close_from_coroutine(void)
{
    lua_State *L = open_state(), *co = lua_newthread(L);

    run(L, work);
    lua_setfield(L, LUA_REGISTRYINDEX, "co");
    lua_pushinteger(co, 1);
    lua_close(co);
    printf("closed\n");
    return 0;
}

static int panicked(lua_State *L)
{
    printf("panic: %s\n", lua_tostring(L, -1));
    fflush(stdout);
    exit(3);
}

static int panics(void)
{
    lua_State *L = open_state();

    lua_atpanic(L, panicked);
    luaL_loadstring(L, "local t = {} for i = 1, 100 do t[i] = {} end error('on purpose')");
    lua_call(L, 0, 0);
    return 0;
}

static int panics_by_default(void)
{
    lua_State *L = open_state();

    luaL_loadstring(L, "error('on purpose')");
    lua_call(L, 0, 0);
    return 0;
}

static int never_closed(void)
{
    for (int i = 0; i < 5; i++)
        printf("%ld\n", run(open_state(), work));
    return 9;
}

static void exit_handler(void)
{
    lua_State *L = open_state();
    printf("at exit: %ld\n", run(L, work));
    lua_close(L);
}

static int state_at_exit(void)
{
    atexit(exit_handler);
    run(open_state(), work);
    return 4;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*function)(void);
    } programs[] = {
#define PROGRAM(name) {#name, name}
        PROGRAM(states_in_sequence),
        PROGRAM(states_at_once),
        PROGRAM(threads),
        PROGRAM(state_moves),
        PROGRAM(threads_that_fork),
        PROGRAM(own_allocator),
        PROGRAM(wrapped_allocator),
        PROGRAM(close_with_errors),
        PROGRAM(close_from_coroutine),
        PROGRAM(panics),
        PROGRAM(panics_by_default),
        PROGRAM(never_closed),
        PROGRAM(state_at_exit),
        PROGRAM(own_faults),
        PROGRAM(stack_faults),
        PROGRAM(many_signals),
        PROGRAM(strict_filter),
        PROGRAM(strict_filter_by_number),
    };

    if (argc > 2 && strcmp(argv[1], "little_address_space") == 0)
        return little_address_space(argv[2]);
    for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
        if (argc == 1)
            puts(programs[i].name);
        else if (strcmp(argv[1], programs[i].name) == 0)
            return programs[i].function();
    }
    return argc == 1 ? 0 : 2;
}
