/* SPDX-License-Identifier: MIT */
#include "cli/probe.h"

#include "cli/capture.h"
#include "cli/fs.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PROBE_SECONDS = 5 };

/* Says "ffisan-probe VERSION|ARCH|GC64". */
#define PROBE_CODE                                                                                 \
    "local ok, ffi = pcall(require, 'ffi') "                                                       \
    "return 'ffisan-probe ' .. jit.version .. '|' .. jit.arch .. '|' .. "                          \
    "tostring(ok and ffi.abi('gc64'))"

static void *allocate(void *user, void *block, size_t old_size, size_t new_size)
{
    (void)user;
    (void)old_size;
    if (new_size > 0)
        return realloc(block, new_size);
    free(block);
    return NULL;
}

/* The part of Lua's API that is needed; all from one library. */
struct api {
    void *(*newstate)(void *(*)(void *, void *, size_t, size_t), void *);
    void *(*own_newstate)(void);
    void (*openlibs)(void *);
    int (*loadstring)(void *, const char *);
    int (*pcall)(void *, int, int, int);
    const char *(*tolstring)(void *, int, size_t *);
};

static bool find_api(struct api *api, void *library)
{
    *(void **)&api->newstate = dlsym(library, "lua_newstate");
    *(void **)&api->own_newstate = dlsym(library, "luaL_newstate");
    *(void **)&api->openlibs = dlsym(library, "luaL_openlibs");
    *(void **)&api->loadstring = dlsym(library, "luaL_loadstring");
    *(void **)&api->pcall = dlsym(library, "lua_pcall");
    *(void **)&api->tolstring = dlsym(library, "lua_tolstring");
    return api->newstate && api->own_newstate && api->openlibs && api->loadstring && api->pcall &&
           api->tolstring;
}

static void probe_in_child(const char *path, int output)
{
    alarm(PROBE_SECONDS);
    int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    dup2(nowhere, STDERR_FILENO); /* a LuaJIT without GC64 refuses in words */
    struct api api;
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library || !find_api(&api, library))
        return;
    void *state = api.newstate(allocate, NULL);
    bool takes_our_allocator = state != NULL;
    if (!state)
        state = api.own_newstate();
    if (!state)
        return;
    api.openlibs(state);
    if (api.loadstring(state, PROBE_CODE) == 0 && api.pcall(state, 0, 1, 0) == 0)
        dprintf(output, "%s|%d\n", api.tolstring(state, -1, NULL), takes_our_allocator);
}

static void read_answer(struct ffisan_probe *probe, const char *text)
{
    char gc64[8] = "";
    int takes_ours = 0;
    const char *answer = text ? strstr(text, "ffisan-probe ") : NULL;
    if (!answer)
        return;
    int n = sscanf(answer, "ffisan-probe %63[^|\n]|%15[^|\n]|%7[^|\n]|%d", probe->version,
                   probe->arch, gc64, &takes_ours);
    probe->is_luajit = n >= 3;
    probe->is_gc64 = strcmp(gc64, "true") == 0;
    probe->takes_our_allocator = takes_ours;
}

void ffisan_probe_library(struct ffisan_probe *probe, const char *library)
{
    memset(probe, 0, sizeof(*probe));
    int fds[2];
    if (pipe(fds) != 0)
        return;
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        probe_in_child(library, fds[1]);
        _exit(0);
    }
    close(fds[1]);
    char answer[256] = "";
    ssize_t n = pid > 0 ? read(fds[0], answer, sizeof(answer) - 1) : 0;
    answer[n > 0 ? n : 0] = '\0';
    close(fds[0]);
    if (pid > 0)
        waitpid(pid, NULL, 0);
    read_answer(probe, answer);
}

void ffisan_probe_command(struct ffisan_probe *probe, const char *program)
{
    memset(probe, 0, sizeof(*probe));
    char *argv[] = {(char *)"env",
                    (char *)"-u",
                    (char *)"LUA_INIT",
                    (char *)program,
                    (char *)"-e",
                    (char *)"print((function() " PROBE_CODE " end)())",
                    NULL};
    char *text = ffisan_capture(argv, PROBE_SECONDS, NULL);
    read_answer(probe, text);
    free(text);
}
