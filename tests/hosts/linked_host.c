/* SPDX-License-Identifier: MIT */
/*
 * A program that links libluajit and runs Lua scripts, as an application with Lua inside does.
 *
 *   linked_host [OPTION...] SCRIPT...
 *     --interpret       switches the compiler off in every state
 *     --threads         every script in a state and a thread of its own, all at once
 *     --together        all states exist before the first script runs, and are closed at the end
 *     --own-allocator   states come from lua_newstate with an allocator of this program
 *     --no-close        ends without lua_close
 *
 * Without --threads and --together one script runs after the other.  print() writes a line at once,
 * so that lines of several threads stay whole.  Exit status: the number of scripts that failed.
 */
#include <luajit-2.1/lauxlib.h>
#include <luajit-2.1/lua.h>
#include <luajit-2.1/luajit.h>
#include <luajit-2.1/lualib.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_SCRIPTS = 16 };

struct job {
    const char *script;
    lua_State *L;
    bool is_ok;
};

static struct {
    bool interpret, threads, together, own_allocator, no_close;
} flags;

static void *allocate(void *data, void *block, size_t old_size, size_t new_size)
{
    (void)data;
    (void)old_size;
    if (new_size == 0) {
        free(block);
        return NULL;
    }
    return realloc(block, new_size);
}

static int print_line(lua_State *L)
{
    luaL_Buffer line;
    int n = lua_gettop(L);

    lua_getglobal(L, "tostring");
    luaL_buffinit(L, &line);
    for (int i = 1; i <= n; i++) {
        if (i > 1)
            luaL_addchar(&line, '\t');
        lua_pushvalue(L, n + 1);
        lua_pushvalue(L, i);
        lua_call(L, 1, 1);
        luaL_addvalue(&line);
    }
    luaL_addchar(&line, '\n');
    luaL_pushresult(&line);

    size_t size_bytes;
    const char *text = lua_tolstring(L, -1, &size_bytes);
    fwrite(text, 1, size_bytes, stdout);
    return 0;
}

static void job_open(struct job *job)
{
    job->L = flags.own_allocator ? lua_newstate(allocate, NULL) : luaL_newstate();
    if (!job->L) {
        fprintf(stderr, "linked_host: no state for %s\n", job->script);
        return;
    }
    luaL_openlibs(job->L);
    lua_register(job->L, "print", print_line);
    if (flags.interpret)
        luaJIT_setmode(job->L, 0, LUAJIT_MODE_ENGINE | LUAJIT_MODE_OFF);
}

static void job_run(struct job *job)
{
    job->is_ok = job->L && luaL_dofile(job->L, job->script) == 0;
    if (job->L && !job->is_ok)
        fprintf(stderr, "linked_host: %s\n", lua_tostring(job->L, -1));
}

static void job_close(struct job *job)
{
    if (job->L && !flags.no_close)
        lua_close(job->L);
}

static void *job_whole(void *data)
{
    job_open(data);
    job_run(data);
    job_close(data);
    return NULL;
}

static void run_together(struct job *jobs, int n)
{
    for (int i = 0; i < n; i++)
        job_open(&jobs[i]);
    for (int i = 0; i < n; i++)
        job_run(&jobs[i]);
    for (int i = 0; i < n; i++)
        job_close(&jobs[i]);
}

static void run_threads(struct job *jobs, int n)
{
    pthread_t threads[MAX_SCRIPTS];

    for (int i = 0; i < n; i++) {
        if (pthread_create(&threads[i], NULL, job_whole, &jobs[i]) != 0)
            abort();
    }
    for (int i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
}

static bool take_option(const char *text)
{
    const struct {
        const char *name;
        bool *flag;
    } known[] = {
        {"--interpret", &flags.interpret}, {"--threads", &flags.threads},
        {"--together", &flags.together},   {"--own-allocator", &flags.own_allocator},
        {"--no-close", &flags.no_close},
    };

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(text, known[i].name) == 0)
            return *known[i].flag = true;
    }
    return false;
}

int main(int argc, char **argv)
{
    struct job jobs[MAX_SCRIPTS] = {{0}};
    int n = 0, n_failed = 0;

    for (int i = 1; i < argc; i++) {
        if (take_option(argv[i]))
            continue;
        if (argv[i][0] == '-' || n == MAX_SCRIPTS) {
            fprintf(stderr, "linked_host: cannot take %s\n", argv[i]);
            return 125;
        }
        jobs[n++].script = argv[i];
    }
    if (flags.threads)
        run_threads(jobs, n);
    else if (flags.together)
        run_together(jobs, n);
    else
        for (int i = 0; i < n; i++)
            job_whole(&jobs[i]);
    for (int i = 0; i < n; i++)
        n_failed += !jobs[i].is_ok;
    return n_failed;
}
