/* SPDX-License-Identifier: MIT */
/*
 * A module in C for the test programs that keeps coroutines and userdata without anchoring them, as
 * modules do by mistake.  Built as build/tests/libtestcoroutines.so; programs say
 * package.loadlib("libtestcoroutines.so", "luaopen_testcoroutines").
 */
#include <luajit-2.1/lauxlib.h>
#include <stdlib.h>
#include <string.h>

int luaopen_testcoroutines(lua_State *L);

/* ---- Waiting for events --------------------------------------------------------------------- */

enum { MOST_WAITERS = 16 };

static struct {
    lua_State *thread;
    char event[20];
} waiters[MOST_WAITERS];

static int wait(lua_State *L)
{
    const char *event = luaL_checkstring(L, 1);

    for (int i = 0; i < MOST_WAITERS; i++)
        if (!waiters[i].thread) {
            waiters[i].thread = L;
            strncpy(waiters[i].event, event, sizeof(waiters[i].event) - 1);
            return lua_yield(L, 0);
        }
    return luaL_error(L, "too many wait");
}

/* fire(event, value): resumes who waits for it; returns how many. */
static int fire(lua_State *L)
{
    const char *event = luaL_checkstring(L, 1);
    int n_resumed = 0;

    for (int i = 0; i < MOST_WAITERS; i++) {
        lua_State *thread = waiters[i].thread;
        if (!thread || strcmp(waiters[i].event, event) != 0)
            continue;
        waiters[i].thread = NULL;
        lua_pushinteger(thread, luaL_checkinteger(L, 2));
        if (lua_resume(thread, 1) <= LUA_YIELD)
            n_resumed++;
    }
    lua_pushinteger(L, n_resumed);
    return 1;
}

static int forget(lua_State *L)
{
    memset(waiters, 0, sizeof(waiters));
    return 0 * lua_gettop(L);
}

/* ---- Timers --------------------------------------------------------------------------------- */

struct timer {
    struct timer *next;
    lua_State *thread;
    int n_ticks;
};

static struct timer *timers;

static int sleep_for(lua_State *L)
{
    struct timer *timer = malloc(sizeof(*timer));

    timer->thread = L;
    timer->n_ticks = (int)luaL_checkinteger(L, 1);
    timer->next = timers;
    timers = timer;
    return lua_yield(L, 0);
}

/* Returns how many coroutines of those that were due had a stack with something on it. */
static int tick(lua_State *L)
{
    int n_due = 0;

    for (struct timer **link = &timers; *link;) {
        struct timer *timer = *link;
        if (--timer->n_ticks > 0) {
            link = &timer->next;
            continue;
        }
        *link = timer->next;
        n_due += lua_status(timer->thread) == LUA_YIELD;
        free(timer);
    }
    lua_pushinteger(L, n_due);
    return 1;
}

/* ---- Who asked last ------------------------------------------------------------------------- */

static lua_State *asker;

static int ask(lua_State *L)
{
    asker = L;
    return 0;
}

/* The status of who asked last, and how much is on its stack. */
static int answer(lua_State *L)
{
    lua_pushinteger(L, asker ? lua_status(asker) : -1);
    lua_pushinteger(L, asker ? lua_gettop(asker) : -1);
    return 2;
}

static int is_asker(lua_State *L)
{
    lua_pushboolean(L, L == asker);
    return 1;
}

/* ---- Handles, for ffi.cast ------------------------------------------------------------------ */

struct testcoroutines_context {
    int id;
    lua_State *thread;
};

int testcoroutines_top(const struct testcoroutines_context *context);

int testcoroutines_top(const struct testcoroutines_context *context)
{
    return lua_gettop(context->thread);
}

static int handle(lua_State *L)
{
    lua_pushlightuserdata(L, L);
    return 1;
}

/* ---- Counters that are userdata, in a list --------------------------------------------------- */

struct counter {
    struct counter *next;
    lua_Integer value;
};

static struct counter *counters;

static int new_counter(lua_State *L)
{
    lua_Integer value = luaL_checkinteger(L, 1);
    struct counter *counter = lua_newuserdata(L, sizeof(*counter));

    counter->value = value;
    counter->next = counters;
    counters = counter;
    return 1;
}

static int sum_counters(lua_State *L)
{
    lua_Integer sum = 0;

    for (const struct counter *counter = counters; counter; counter = counter->next)
        sum += counter->value;
    lua_pushinteger(L, sum);
    return 1;
}

/* ---- A name that is borrowed from Lua -------------------------------------------------------- */

static const char *title;

static int set_title(lua_State *L)
{
    title = luaL_checkstring(L, 1);
    return 0;
}

static int get_title(lua_State *L)
{
    lua_pushstring(L, title ? title : "untitled");
    return 1;
}

int luaopen_testcoroutines(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"wait", wait},
        {"fire", fire},
        {"forget", forget},
        {"sleep", sleep_for},
        {"tick", tick},
        {"ask", ask},
        {"answer", answer},
        {"is_asker", is_asker},
        {"handle", handle},
        {"new_counter", new_counter},
        {"sum_counters", sum_counters},
        {"set_title", set_title},
        {"get_title", get_title},
        {NULL, NULL},
    };
    lua_newtable(L);
    luaL_register(L, NULL, functions);
    return 1;
}
