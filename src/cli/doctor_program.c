/* SPDX-License-Identifier: MIT */
/*
 * The last word has a trial run: where a program can be made to do nothing (`luajit -e ''`), it
 * is started as `ffisan run` would start it, and the answer is what happened.
 */
#include "cli/doctor.h"

#include "cli/capture.h"
#include "cli/fs.h"
#include "cli/probe.h"
#include "cli/program.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TRIAL_SECONDS = 20 };

enum trial { TRIAL_NONE, TRIAL_WATCHED, TRIAL_UNWATCHED };

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* The program that people know: for a script the script. */
static const char *shown_name(const struct ffisan_program *program)
{
    return program->script ? program->script : program->path;
}

static enum trial try_out(const struct ffisan_program *program, char **ret_output)
{
    char *nginx = ffisan_fs_format("--nginx=%s", program->path);
    char *const path = program->path;
    char *luajit[] = {"/proc/self/exe", "run", "--", path, "-e", "", NULL};
    char *nvim[] = {"/proc/self/exe", "run", "--",   path,     "--headless", "-u",
                    "NONE",           "-i",  "NONE", "+qall!", NULL};
    char *resty[] = {"/proc/self/exe", "resty", nginx, "-e", "", NULL};
    const char *name = base_name(path);
    char **argv = strncmp(name, "luajit", 6) == 0 ? luajit
                  : strcmp(name, "nvim") == 0     ? nvim
                  : strcmp(name, "nginx") == 0    ? resty
                                                  : NULL;
    int status = 0;
    *ret_output = argv && !program->script ? ffisan_capture(argv, TRIAL_SECONDS, &status) : NULL;
    free(nginx);
    if (!*ret_output)
        return TRIAL_NONE;
    bool was_watched = status == 0 && !strstr(*ret_output, "no LuaJIT was watched");
    return was_watched ? TRIAL_WATCHED : TRIAL_UNWATCHED;
}

static bool say_trial(const struct ffisan_doctor *doctor, const struct ffisan_program *program)
{
    if (doctor->is_system_broken)
        return false;
    char *output;
    enum trial trial = try_out(program, &output);
    if (trial == TRIAL_WATCHED)
        ffisan_doctor_say(doctor, FFISAN_DOCTOR_OK, "  trial run", "was watched");
    if (trial == TRIAL_UNWATCHED) {
        output[strcspn(output, "\n")] = '\0';
        ffisan_doctor_say(doctor, FFISAN_DOCTOR_NO, "  trial run", "failed: %s", output);
    }
    free(output);
    return trial != TRIAL_UNWATCHED;
}

static void describe(char *text, size_t size, const struct ffisan_program *program,
                     const struct ffisan_probe *probe)
{
    const char *version = probe->is_luajit                 ? probe->version
                          : program->elf.luajit_version[0] ? program->elf.luajit_version
                                                           : "LuaJIT";
    const char *gc64 = !probe->is_luajit ? "" : probe->is_gc64 ? ", GC64" : ", not GC64";
    if (program->place == FFISAN_PLACE_SHARED)
        snprintf(text, size, "%s%s, in %s%s%s", version, gc64, program->library,
                 program->nginx_module ? " through " : "",
                 program->nginx_module ? program->nginx_module : "");
    else
        snprintf(text, size, "%s%s, inside the program", version, gc64);
}

/* Why it cannot be watched, with what to do; NULL when it can. */
static const char *obstacle(const struct ffisan_program *program, const struct ffisan_probe *probe)
{
    const struct ffisan_elf *elf = &program->elf;
    if (program->place == FFISAN_PLACE_HIDDEN)
        return "the program hides Lua's API; use a build that links libluajit or exports it "
               "(-rdynamic)";
    if (probe->is_luajit && !probe->is_gc64)
        return "a LuaJIT without GC64 takes no other allocator; use a GC64 build "
               "(XCFLAGS=-DLUAJIT_ENABLE_GC64)";
    if (program->place == FFISAN_PLACE_SHARED && probe->is_luajit && !probe->takes_our_allocator)
        return "its lua_newstate takes no other allocator";
    if (elf->interpreter[0] && strncmp(base_name(elf->interpreter), "ld-linux", 8) != 0)
        return "it is not for the GNU C library, and nothing can be preloaded into it";
    if (program->place == FFISAN_PLACE_SHARED && program->drops_preload)
        return "it is setuid, setgid or has capabilities, so LD_PRELOAD is ignored; run it as its "
               "own user, or watch a copy without them";
    if (program->place == FFISAN_PLACE_INSIDE && !elf->has_lua_init)
        return "it does not read LUA_INIT, so ffisan has to be loaded by the program itself, in "
               "its first line";
    if (elf->is_static)
        return "it is linked statically, and nothing can be loaded into it";
    return NULL;
}

static bool say_luajit(const struct ffisan_doctor *doctor, const struct ffisan_program *program)
{
    struct ffisan_probe probe = {.is_luajit = false};
    bool is_command = strncmp(base_name(program->path), "lua", 3) == 0;
    if (program->place == FFISAN_PLACE_SHARED)
        ffisan_probe_library(&probe, program->library);
    else if (program->place == FFISAN_PLACE_INSIDE && program->elf.has_lua_init && is_command)
        ffisan_probe_command(&probe, program->path);

    char text[1024];
    describe(text, sizeof(text), program, &probe);
    const char *problem = obstacle(program, &probe);
    ffisan_doctor_say(doctor, problem ? FFISAN_DOCTOR_NO : FFISAN_DOCTOR_OK, shown_name(program),
                      "%s", text);
    if (!problem && program->elf.defined & FFISAN_ELF_MALLOC)
        ffisan_doctor_say(doctor, FFISAN_DOCTOR_NOTE, "  malloc",
                          "it has its own: of memory of C, only what Lua code allocates and frees "
                          "is watched");
    if (!problem)
        return say_trial(doctor, program);
    ffisan_doctor_say(doctor, FFISAN_DOCTOR_NO, "", "%s", problem);
    if (program->place == FFISAN_PLACE_INSIDE && !program->elf.has_lua_init && doctor->library)
        ffisan_doctor_say(doctor, FFISAN_DOCTOR_NOTE, "",
                          "package.loadlib('%s', 'ffisan_luainit')()", doctor->library);
    return false;
}

/* A script may start the program that matters: those that its text names are looked at. */
static bool say_script(const struct ffisan_doctor *doctor, const struct ffisan_program *program)
{
    struct ffisan_words words = {0};
    ffisan_program_script_words(program, &words);
    bool works = false;
    for (size_t i = 0; i < words.n_items; i++) {
        struct ffisan_failure failure;
        struct ffisan_program inner;
        if (ffisan_program_examine(&inner, words.items[i], &failure) &&
            inner.place != FFISAN_PLACE_NONE && !inner.script) {
            ffisan_doctor_say(doctor, FFISAN_DOCTOR_NOTE, shown_name(program),
                              "a script for %s that names %s", program->path, words.items[i]);
            works |= say_luajit(doctor, &inner);
        }
        ffisan_program_free(&inner);
    }
    ffisan_words_free(&words);
    return works;
}

bool ffisan_doctor_program(const struct ffisan_doctor *doctor, const char *command,
                           struct ffisan_failure *failure)
{
    struct ffisan_program program;
    bool works = false;
    if (!ffisan_program_examine(&program, command, failure)) {
        ffisan_doctor_say(doctor, FFISAN_DOCTOR_NO, command, "%s", failure->text);
    } else if (!program.elf.is_native) {
        ffisan_doctor_say(doctor, FFISAN_DOCTOR_NO, shown_name(&program),
                          "is for another machine than ffisan (32 bits?)");
    } else if (program.place != FFISAN_PLACE_NONE) {
        works = say_luajit(doctor, &program);
    } else {
        works = say_script(doctor, &program);
        if (!works)
            ffisan_doctor_say(doctor, FFISAN_DOCTOR_NOTE, shown_name(&program),
                              "has no LuaJIT in it; programs that it starts are watched too");
    }
    ffisan_program_free(&program);
    return works;
}

/* Is there such a program with LuaJIT in it?  Says nothing when not. */
static bool survey_program(const struct ffisan_doctor *doctor, const char *command, bool *ret_works)
{
    struct ffisan_failure failure;
    struct ffisan_program program;
    bool found = ffisan_program_examine(&program, command, &failure) && program.elf.is_native &&
                 program.place != FFISAN_PLACE_NONE;
    if (found)
        *ret_works |= say_luajit(doctor, &program);
    ffisan_program_free(&program);
    return found;
}

static size_t survey_libraries(const struct ffisan_doctor *doctor)
{
    static const char *const patterns[] = {
        "/usr/lib/*/libluajit*.so*",
        "/usr/lib/libluajit*.so*",
        "/usr/lib64/libluajit*.so*",
        "/usr/local/lib/libluajit*.so*",
        "/usr/local/openresty/luajit/lib/*.so*",
    };
    glob_t found = {0};
    for (size_t i = 0; i < sizeof(patterns) / sizeof(*patterns); i++)
        glob(patterns[i], i > 0 ? GLOB_APPEND : 0, NULL, &found);
    struct ffisan_words seen = {0};
    for (size_t i = 0; i < found.gl_pathc; i++) {
        char *real = realpath(found.gl_pathv[i], NULL);
        bool is_new = real != NULL;
        for (size_t j = 0; is_new && j < seen.n_items; j++)
            is_new = strcmp(seen.items[j], real) != 0;
        if (is_new)
            ffisan_words_add(&seen, real);
        free(real);
    }
    for (size_t i = 0; i < seen.n_items; i++) {
        struct ffisan_probe probe;
        ffisan_probe_library(&probe, seen.items[i]);
        bool is_good = probe.is_luajit && probe.is_gc64 && probe.takes_our_allocator;
        ffisan_doctor_say(doctor, is_good ? FFISAN_DOCTOR_OK : FFISAN_DOCTOR_NO, seen.items[i],
                          "%s%s", probe.is_luajit ? probe.version : "does not answer",
                          !probe.is_luajit ? ""
                          : probe.is_gc64  ? ", GC64; programs that link it are watched"
                                           : ", not GC64: cannot be watched");
    }
    size_t n = seen.n_items;
    ffisan_words_free(&seen);
    globfree(&found);
    return n;
}

bool ffisan_doctor_survey(const struct ffisan_doctor *doctor)
{
    static const char *const known[] = {
        "luajit",
        "luajit2",
        "nginx",
        "openresty",
        "nvim",
        "kresd",
        "tarantool",
        "vifm",
        "mpv",
        "/usr/local/bin/luajit",
        "/usr/local/openresty/luajit/bin/luajit",
        "/usr/local/openresty/nginx/sbin/nginx",
    };
    bool works = false;
    size_t n_found = survey_libraries(doctor);
    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
        n_found += survey_program(doctor, known[i], &works);
    if (n_found == 0)
        ffisan_doctor_say(doctor, FFISAN_DOCTOR_NOTE, "LuaJIT",
                          "none was found in the usual places (on Debian: apt install luajit)");
    return works;
}
