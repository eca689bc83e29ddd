/* SPDX-License-Identifier: MIT */
/*
 * A process that becomes a daemon has another pid than the one that noted it was watched, closes
 * its descriptors and writes its title over its environment.  What it was forked with stays mapped:
 * the file, and with it the lock.
 */
#include "cli/alive.h"

#include "cli/fs.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ENVIRONMENT_MAX = 1 << 20 };

static char *mark_path(const char *run_dir)
{
    return ffisan_fs_format("%s/alive", run_dir);
}

bool ffisan_alive_prepare(const char *run_dir)
{
    char *path = mark_path(run_dir);
    int fd = open(path, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
    bool done = fd >= 0 && fchmod(fd, 0444) == 0;
    if (fd >= 0)
        close(fd);
    free(path);
    return done;
}

bool ffisan_alive_is_run(const char *path)
{
    char *mark = mark_path(path);
    struct stat st;
    bool is_run = lstat(mark, &st) == 0 && S_ISREG(st.st_mode);
    free(mark);
    return is_run;
}

bool ffisan_alive_any(const char *run_dir)
{
    char *path = mark_path(run_dir);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    free(path);
    if (fd < 0)
        return false;
    bool alive = flock(fd, LOCK_EX | LOCK_NB) != 0;
    close(fd);
    return alive;
}

/* Calls `has` for each process but this one, until `max` have answered with true. */
static size_t count_processes(bool (*has)(const char *pid, const char *text), const char *text,
                              size_t max)
{
    DIR *proc = opendir("/proc");
    struct dirent *process;
    size_t n = 0;
    while (proc && n < max && (process = readdir(proc))) {
        bool is_pid = isdigit((unsigned char)process->d_name[0]);
        n += is_pid && atol(process->d_name) != getpid() && has(process->d_name, text);
    }
    if (proc)
        closedir(proc);
    return n;
}

static bool has_mapped(const char *pid, const char *file)
{
    char *path = ffisan_fs_format("/proc/%s/maps", pid);
    FILE *maps = fopen(path, "re");
    free(path);
    if (!maps)
        return false;
    char *line = NULL;
    size_t size = 0;
    bool found = false;
    while (!found && getline(&line, &size, maps) > 0)
        found = strstr(line, file) != NULL;
    free(line);
    fclose(maps);
    return found;
}

static bool has_in_environment(const char *pid, const char *entry)
{
    size_t length;
    char *path = ffisan_fs_format("/proc/%s/environ", pid);
    char *environment = ffisan_fs_read_file(path, ENVIRONMENT_MAX, &length);
    free(path);
    bool found = environment && memmem(environment, length, entry, strlen(entry) + 1) != NULL;
    free(environment);
    return found;
}

size_t ffisan_alive_count(const char *run_dir)
{
    char *path = mark_path(run_dir);
    size_t n = count_processes(has_mapped, path, (size_t)-1);
    free(path);
    return n;
}

bool ffisan_alive_started(const char *run_dir)
{
    char *entry = ffisan_fs_format("FFISAN_RUN_DIR=%s", run_dir);
    bool found = count_processes(has_in_environment, entry, 1) > 0;
    free(entry);
    return found;
}
