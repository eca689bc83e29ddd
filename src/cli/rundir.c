/* SPDX-License-Identifier: MIT */
/*
 * A process that dies may leave a last line without a newline, or never write its errors=N: so the
 * errors of a process are the larger of what it counted and what it recorded.  <pid>.jsonl is made
 * for a finding, so one without a line means that there was one.
 */
#include "cli/rundir.h"

#include "cli/fs.h"

#include <dirent.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STATUS_MAX = 1 << 20, UNDELIVERED_MAX = 64 << 20 };

/* What one process left. */
struct process {
    size_t n_counted;  /* errors=N */
    size_t n_recorded; /* lines with severity error */
    size_t n_warnings, n_leaks;
    bool is_watched;
};

static void add_text(struct ffisan_rundir_texts *set, const char *text)
{
    for (size_t i = 0; i < set->n_texts; i++) {
        if (strcmp(set->texts[i], text) == 0)
            return;
    }
    if (set->n_texts < FFISAN_RUNDIR_MAX_TEXTS)
        set->texts[set->n_texts++] = ffisan_fs_format("%s", text);
}

static void add_id(struct ffisan_rundir_result *result, const char *id)
{
    if (!id)
        return;
    for (size_t i = 0; i < result->n_ids; i++) {
        if (strcmp(result->ids[i], id) == 0)
            return;
    }
    if (result->n_ids < FFISAN_RUNDIR_MAX_IDS)
        snprintf(result->ids[result->n_ids++], sizeof(result->ids[0]), "%s", id);
}

/* Counters start again after an exec: the largest counts. */
static void read_status_line(struct ffisan_rundir_result *result, struct process *process,
                             const char *line)
{
    if (strncmp(line, "attached=", 9) == 0)
        process->is_watched = true;
    else if (strncmp(line, "errors=", 7) == 0) {
        size_t n = strtoul(line + 7, NULL, 10);
        process->n_counted = n > process->n_counted ? n : process->n_counted;
    } else if (strncmp(line, "suppressed=", 11) == 0)
        result->n_suppressed++;
    else if (strncmp(line, "degraded=", 9) == 0)
        add_text(&result->degraded, line + 9);
    else if (strncmp(line, "note=", 5) == 0)
        add_text(&result->notes, line + 5);
}

static void read_status(struct ffisan_rundir_result *result, struct process *process,
                        const char *path)
{
    char *text = ffisan_fs_read_file(path, STATUS_MAX, NULL);
    if (!text)
        return;
    char *end = strrchr(text, '\n');
    if (text[0] == '\0')
        process->is_watched = true; /* the disk was full: nothing is known but that we were there */
    if (end)
        *end = '\0';
    char *rest = end ? text : NULL, *line;
    while ((line = strsep(&rest, "\n")))
        read_status_line(result, process, line);
    free(text);
}

static void read_record(struct ffisan_rundir_result *result, struct process *process,
                        const char *line)
{
    json_t *record = json_loads(line, JSON_ALLOW_NUL, NULL);
    const char *severity = json_string_value(json_object_get(record, "severity"));
    if (severity) {
        add_id(result, json_string_value(json_object_get(record, "id")));
        if (strcmp(severity, "error") == 0)
            process->n_recorded++;
        else if (strcmp(severity, "leak") == 0)
            process->n_leaks++;
        else
            process->n_warnings++;
    }
    json_decref(record);
}

static void read_records(struct ffisan_rundir_result *result, struct process *process,
                         const char *path)
{
    FILE *file = fopen(path, "re");
    if (!file)
        return;
    char *line = NULL;
    size_t size = 0, n_lines = 0;
    ssize_t length;
    while ((length = getline(&line, &size, file)) > 0) {
        read_record(result, process, line);
        n_lines += line[length - 1] == '\n';
    }
    free(line);
    fclose(file);
    process->is_watched = true;
    if (n_lines == 0 && process->n_recorded + process->n_warnings + process->n_leaks == 0)
        process->n_recorded = 1; /* the disk was full: no word of it, but the file is there */
}

static void add_process(struct ffisan_rundir_result *result, const char *directory, long pid)
{
    struct process process = {0};
    char *status = ffisan_fs_format("%s/%ld.status", directory, pid);
    char *records = ffisan_fs_format("%s/%ld.jsonl", directory, pid);
    read_status(result, &process, status);
    read_records(result, &process, records);
    free(status);
    free(records);

    size_t n_errors =
        process.n_counted > process.n_recorded ? process.n_counted : process.n_recorded;
    result->n_errors += n_errors;
    result->n_warnings += process.n_warnings;
    result->n_leaks += process.n_leaks;
    result->n_affected += n_errors + process.n_warnings + process.n_leaks > 0;
    result->n_watched += process.is_watched;
}

/* One entry per process: <pid>.status, or <pid>.jsonl when there is no status. */
static bool is_process(const char *directory, const char *name, long *ret_pid)
{
    char *end;
    *ret_pid = strtol(name, &end, 10);
    if (end == name || *ret_pid <= 0)
        return false;
    if (strcmp(end, ".status") == 0)
        return true;
    if (strcmp(end, ".jsonl") != 0)
        return false;
    char *status = ffisan_fs_format("%s/%ld.status", directory, *ret_pid);
    bool has_status = access(status, F_OK) == 0;
    free(status);
    return !has_status;
}

void ffisan_rundir_read(const char *path, struct ffisan_rundir_result *ret_result)
{
    memset(ret_result, 0, sizeof(*ret_result));
    DIR *directory = opendir(path);
    struct dirent *entry;
    long pid;
    while (directory && (entry = readdir(directory))) {
        if (is_process(path, entry->d_name, &pid))
            add_process(ret_result, path, pid);
    }
    if (directory)
        closedir(directory);
}

static void free_texts(struct ffisan_rundir_texts *set)
{
    for (size_t i = 0; i < set->n_texts; i++)
        free(set->texts[i]);
    set->n_texts = 0;
}

void ffisan_rundir_free(struct ffisan_rundir_result *result)
{
    free_texts(&result->degraded);
    free_texts(&result->notes);
}

/* "dir/%p.jsonl": %p becomes the process id. */
static char *expand_path(const char *pattern, long pid)
{
    char *path = ffisan_fs_format("%s", "");
    for (const char *c = pattern; *c; c++) {
        bool is_pid = c[0] == '%' && c[1] == 'p';
        char *longer =
            is_pid ? ffisan_fs_format("%s%ld", path, pid) : ffisan_fs_format("%s%c", path, *c);
        free(path);
        path = longer;
        c += is_pid;
    }
    return path;
}

/* Everybody may write to the directory: what is no file of its own is nobody's finding. */
static bool is_plain_file(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 1;
}

static bool append_file(const char *from, const char *to)
{
    size_t length = 0;
    char *data = is_plain_file(from) ? ffisan_fs_read_file(from, UNDELIVERED_MAX, &length) : NULL;
    FILE *file = data ? fopen(to, "ae") : NULL;
    bool done = file && fwrite(data, 1, length, file) == length;
    if (file && fclose(file) != 0)
        done = false;
    free(data);
    return done;
}

bool ffisan_rundir_deliver(const char *path, const char *pattern)
{
    DIR *directory = opendir(path);
    struct dirent *entry;
    bool done = true;
    while (directory && (entry = readdir(directory))) {
        char *end;
        long pid = strtol(entry->d_name, &end, 10);
        if (end == entry->d_name || strcmp(end, ".undelivered") != 0)
            continue;
        char *from = ffisan_fs_format("%s/%s", path, entry->d_name);
        char *to = expand_path(pattern, pid);
        done &= append_file(from, to);
        unlink(from);
        free(from);
        free(to);
    }
    if (directory)
        closedir(directory);
    return done;
}

static int is_record(const struct dirent *entry)
{
    const char *end = strrchr(entry->d_name, '.');
    return end && strcmp(end, ".jsonl") == 0;
}

char **ffisan_rundir_records(const char *path)
{
    struct dirent **entries;
    int n = scandir(path, &entries, is_record, versionsort);
    if (n < 0)
        return NULL;
    char **names = calloc((size_t)n + 1, sizeof(*names));
    for (int i = 0; i < n; i++) {
        if (names)
            names[i] = ffisan_fs_format("%s/%s", path, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    return names;
}
