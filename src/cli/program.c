/* SPDX-License-Identifier: MIT */
#include "cli/program.h"

#include "cli/capture.h"
#include "cli/fs.h"
#include "cli/launch.h"
#include "cli/nginx.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { MAX_INTERPRETERS = 4, SCRIPT_MAX = 64 * 1024, LOADER_SECONDS = 10 };

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* The program that a #! line names, through env; NULL when `path` has no such line. */
static char *interpreter_of(const char *path)
{
    char *text = ffisan_fs_read_file(path, 512, NULL);
    char *interpreter = NULL;
    if (text && strncmp(text, "#!", 2) == 0) {
        text[strcspn(text, "\n")] = '\0';
        struct ffisan_words words = {0};
        ffisan_words_split(&words, text + 2);
        size_t at = 0;
        bool is_env = words.n_items > 1 && strcmp(base_name(words.items[0]), "env") == 0;
        for (at = is_env; is_env && at < words.n_items; at++) {
            if (words.items[at][0] != '-' && !strchr(words.items[at], '='))
                break;
        }
        if (at < words.n_items)
            interpreter = ffisan_fs_format("%s", words.items[at]);
        ffisan_words_free(&words);
    }
    free(text);
    return interpreter;
}

static bool resolve(struct ffisan_program *program, const char *command,
                    struct ffisan_failure *failure)
{
    if (!ffisan_launch_check(command, failure))
        return false;
    program->path = ffisan_launch_resolve(command);
    for (int i = 0; i < MAX_INTERPRETERS; i++) {
        char *interpreter = interpreter_of(program->path);
        if (!interpreter)
            return true;
        char *path = ffisan_launch_resolve(interpreter);
        if (!path) {
            ffisan_failure_set(failure, FFISAN_EXIT_NOT_FOUND, "the interpreter of '%s', '%s', %s",
                               program->path, interpreter, "was not found");
            free(interpreter);
            return false;
        }
        free(interpreter);
        if (program->script)
            free(program->path);
        else
            program->script = program->path;
        program->path = path;
    }
    return true;
}

static bool is_shared_luajit(const char *path)
{
    struct ffisan_failure failure;
    struct ffisan_elf elf;
    return ffisan_elf_read(&elf, path, &failure) && (elf.defined & FFISAN_ELF_LUA_NEWSTATE) &&
           (elf.defined & FFISAN_ELF_LUAJIT_SETMODE);
}

/* The path in "\tlibfoo.so.1 => /usr/lib/libfoo.so.1 (0x...)", or NULL. */
static char *path_in_line(const char *line)
{
    const char *arrow = strstr(line, "=> /");
    if (!arrow)
        return NULL;
    return ffisan_fs_format("%.*s", (int)strcspn(arrow + 3, " "), arrow + 3);
}

/* The library with LuaJIT among all that `path` needs: the loader knows best. */
static char *find_library(const char *loader, const char *path)
{
    if (strncmp(base_name(loader), "ld-linux", 8) != 0)
        return NULL;
    char *argv[] = {(char *)loader, (char *)"--list", (char *)path, NULL};
    char *text = ffisan_capture(argv, LOADER_SECONDS, NULL);
    char *rest = text, *line, *found = NULL;
    while (!found && (line = strsep(&rest, "\n"))) {
        char *library = path_in_line(line);
        if (library && is_shared_luajit(library))
            found = library;
        else
            free(library);
    }
    free(text);
    return found;
}

static void find_in_nginx(struct ffisan_program *program)
{
    const char *name = base_name(program->path);
    if (strcmp(name, "nginx") != 0 && strcmp(name, "openresty") != 0)
        return;
    struct ffisan_failure failure;
    struct ffisan_nginx nginx;
    if (ffisan_nginx_find(&nginx, program->path, &failure) && nginx.module_lua) {
        program->nginx_module = ffisan_fs_format("%s", nginx.module_lua);
        program->library = find_library(program->elf.interpreter, nginx.module_lua);
    }
    ffisan_nginx_free(&nginx);
}

static void find_luajit(struct ffisan_program *program)
{
    const struct ffisan_elf *elf = &program->elf;
    const unsigned exported = FFISAN_ELF_LUA_SETALLOCF | FFISAN_ELF_LUAJIT_SETMODE;
    if ((elf->defined & exported) == exported) {
        program->place = FFISAN_PLACE_INSIDE;
        return;
    }
    if (elf->luajit_version[0] && elf->has_ffi) {
        program->place = FFISAN_PLACE_HIDDEN;
        return;
    }
    if (!elf->is_static)
        program->library = find_library(elf->interpreter, program->path);
    if (!program->library)
        find_in_nginx(program);
    if (program->library)
        program->place = FFISAN_PLACE_SHARED;
}

/* Secure execution (ld.so(8)) begins only when the program gains something by it. */
static bool drops_preload(const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return false;
    bool gains_user = (st.st_mode & S_ISUID) && st.st_uid != getuid();
    bool gains_group = (st.st_mode & S_ISGID) && st.st_gid != getgid();
    bool gains_capabilities = getuid() != 0 && getxattr(path, "security.capability", NULL, 0) > 0;
    return gains_user || gains_group || gains_capabilities;
}

bool ffisan_program_examine(struct ffisan_program *program, const char *command,
                            struct ffisan_failure *failure)
{
    memset(program, 0, sizeof(*program));
    if (!resolve(program, command, failure) ||
        !ffisan_elf_read(&program->elf, program->path, failure))
        return false;
    program->drops_preload = drops_preload(program->path);
    if (program->elf.is_native)
        find_luajit(program);
    return true;
}

static bool is_likely(const char *word)
{
    static const char *const hints[] = {"lua", "nginx", "resty", "nvim", "kresd", "tarantool"};
    for (size_t i = 0; i < sizeof(hints) / sizeof(*hints); i++) {
        if (strstr(word, hints[i]))
            return true;
    }
    return false;
}

void ffisan_program_script_words(const struct ffisan_program *program,
                                 struct ffisan_words *ret_words)
{
    static const char separators[] = " \t\r\n'\"`();,=|&<>{}[]$";
    char *text = program->script ? ffisan_fs_read_file(program->script, SCRIPT_MAX, NULL) : NULL;
    char *rest = text, *word;
    while ((word = strsep(&rest, separators))) {
        bool seen = !*word || !is_likely(word);
        for (size_t i = 0; !seen && i < ret_words->n_items; i++)
            seen = strcmp(ret_words->items[i], word) == 0;
        if (!seen)
            ffisan_words_add(ret_words, word);
    }
    free(text);
}

void ffisan_program_free(struct ffisan_program *program)
{
    free(program->script);
    free(program->path);
    free(program->nginx_module);
    free(program->library);
}
